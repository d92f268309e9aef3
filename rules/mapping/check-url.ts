import type { Known, Report } from './check-report.ts';
import { checkTemplate } from './check-template.ts';
import { parseHttpUrl } from './url.ts';

type Mustache = hbs.AST.MustacheStatement;

/**
 * Checks an address: http or https, and nothing from a lead, a bid or a delivery up to the end of its host, so that no
 * lead decides where it goes, unless the hosts that it may go to are listed.
 */
export function checkUrl(source: string, at: string, known: Known, report: Report): void {
  const program = checkTemplate(source, at, known, report);
  if (!program || known.gated) return;
  const host = readHost(program);
  if (host === undefined) {
    report(at, 'bad_url', 'Only {{config.…}} and {{secrets.…}} can stand in the host of an address');
  } else if (host.includes('@')) {
    report(at, 'bad_url', 'Credentials belong in a header, not in the address');
  } else if (program.body[0]?.type !== 'MustacheStatement' && !parseHttpUrl(host)) {
    report(at, 'bad_url', 'Start with http:// or https:// and a host, or with {{config.…}}');
  }
}

/**
 * An address up to its path, query or fragment, with an x for each macro. Undefined when something other than
 * configuration stands in there.
 */
function readHost({ body }: hbs.AST.Program): string | undefined {
  let text = '';
  for (const node of body) {
    if (node.type === 'ContentStatement') {
      text = `${text}${(node as hbs.AST.ContentStatement).value}`.trimStart();
      const scheme = /^\w*:\/\//.exec(text)?.[0] ?? '';
      const end = text.slice(scheme.length).search(/[/?#\\]/);
      if (end >= 0) return text.slice(0, scheme.length + end);
    } else if (node.type === 'MustacheStatement' && roots(node as Mustache).every(isConfiguration)) {
      text += 'x';
    } else if (node.type !== 'CommentStatement') return undefined;
  }
  return text.trim();
}

/** The first names of all paths in a macro. */
function roots({ path, params }: Pick<Mustache, 'path' | 'params'>): string[] {
  const own =
    path.type === 'PathExpression' && params.length === 0 ? [(path as hbs.AST.PathExpression).parts[0] ?? ''] : [];
  const below = params.flatMap((param) => {
    if (param.type === 'SubExpression') return roots(param as hbs.AST.SubExpression);
    return param.type === 'PathExpression' ? [(param as hbs.AST.PathExpression).parts[0] ?? ''] : [];
  });
  return [...own, ...below];
}

function isConfiguration(root: string): boolean {
  return root === 'config' || root === 'secrets';
}
