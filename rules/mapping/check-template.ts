import { checkNames, quote } from './check-path.ts';
import type { Known, Report } from './check-report.ts';
import { ARITY, BLOCKS, isMacro, MACROS } from './macros.ts';
import { isCall, parseTemplate } from './template.ts';

type Node = hbs.AST.Node;
type Path = hbs.AST.PathExpression;
type Call = Pick<hbs.AST.SubExpression, 'params' | 'hash'> & { path: Path };

/** Parses a template and checks its macros. Undefined, with the mistake reported, when it does not parse. */
export function checkTemplate(source: string, at: string, known: Known, report: Report): hbs.AST.Program | undefined {
  let program: hbs.AST.Program;
  try {
    program = parseTemplate(source);
  } catch (error) {
    report(at, 'bad_template', describe(error));
    return undefined;
  }
  const check = createChecker((code, message) => report(at, code, message), known);
  check.program(program, true);
  return program;
}

function createChecker(say: (code: string, message: string) => void, known: Known) {
  /** `atRoot`: paths start at the mapping's context, not inside an each or with. */
  function program({ body }: hbs.AST.Program, atRoot: boolean): void {
    for (const node of body) statement(node, atRoot);
  }

  function statement(node: Node, atRoot: boolean): void {
    if (node.type === 'ContentStatement' || node.type === 'CommentStatement') return;
    if (node.type === 'MustacheStatement') macro(node as hbs.AST.MustacheStatement, atRoot);
    else if (node.type === 'BlockStatement') block(node as hbs.AST.BlockStatement, atRoot);
    else say('bad_template', `Partials and decorators are not available (line ${node.loc.start.line})`);
  }

  function block(node: hbs.AST.BlockStatement, atRoot: boolean): void {
    const name = node.path.original;
    if (BLOCKS.includes(name)) values(node, atRoot);
    else say('unknown_helper', `{{#${name}}} is none of ${BLOCKS.join(', ')}${where(node)}`);
    const inside = atRoot && name !== 'each' && name !== 'with';
    if (node.program) program(node.program, inside);
    if (node.inverse) program(node.inverse, atRoot);
  }

  function macro(node: hbs.AST.MustacheStatement, atRoot: boolean): void {
    if (isCall(node)) call(node as Call, atRoot);
    else expression(node.path, atRoot);
  }

  function call(node: Call, atRoot: boolean): void {
    const name = node.path.original;
    if (isMacro(name)) values(node, atRoot);
    else say('unknown_helper', `${quote(name)} is none of ${Object.keys(MACROS).join(', ')}${where(node.path)}`);
  }

  function values({ path, params, hash }: Call, atRoot: boolean): void {
    arity(path, params.length);
    for (const param of params) expression(param, atRoot);
    for (const pair of hash?.pairs ?? []) expression(pair.value, atRoot);
  }

  function arity(path: Path, given: number): void {
    const [least, most] = ARITY[path.original] ?? [1, 1];
    if (given >= least && given <= most) return;
    const takes = least === most ? String(most) : `${least} to ${most}`;
    say('bad_template', `${quote(path.original)} takes ${takes}, not ${given}${where(path)}`);
  }

  function expression(node: Node, atRoot: boolean): void {
    if (node.type === 'SubExpression') call(node as unknown as Call, atRoot);
    if (node.type !== 'PathExpression') return;
    const { data, depth, parts, original } = node as Path;
    const names = data && parts[0] === 'root' ? parts.slice(1) : parts;
    if (data ? parts[0] === 'root' : atRoot && depth === 0)
      checkNames(names, original, known, (_, code, text) => say(code, text + where(node)));
  }

  return { program };
}

function where({ loc }: Node): string {
  return ` (line ${loc.start.line}, column ${loc.start.column + 1})`;
}

/** Handlebars draws the place over several lines; the first and the last say it. */
function describe(error: unknown): string {
  const lines = error instanceof Error ? error.message.split('\n') : [];
  return lines.length > 1 ? `${lines[0] ?? ''} ${lines.at(-1) ?? ''}` : (lines[0] ?? 'is not a template');
}
