import type { Known, Report } from './check-report.ts';
import { CONTEXT_ROOTS } from './context.ts';
import { isForbiddenName, parsePath } from './path.ts';

/** Checks a dotted path of a table. */
export function checkPath(path: string, at: string, known: Known, report: Report): void {
  const names = parsePath(path);
  if (!names) report(at, 'bad_path', `${quote(path)} is not a path such as lead.zip`);
  else checkNames(names, at, known, report);
}

/** Checks a path's names: where it starts, and that a secret it names is declared. */
export function checkNames(names: readonly string[], at: string, known: Known, report: Report): void {
  const [root = '', name] = names;
  if (names.some(isForbiddenName)) {
    report(at, 'bad_path', `${quote(names.join('.'))} reaches into an object's prototype`);
  } else if (!rootsOf(known).includes(root)) {
    report(at, 'unknown_root', `${quote(names.join('.'))} must start with one of ${rootsOf(known).join(', ')}`);
  } else if (root === 'secrets' && name !== undefined && !known.secrets.includes(name)) {
    report(at, 'unknown_secret', `The integration declares no secret ${quote(name)}`);
  }
}

/** The names that a path in a request can start with. */
export function rootsOf({ roots = CONTEXT_ROOTS }: Known): readonly string[] {
  return roots;
}

export function quote(text: string): string {
  return `"${text}"`;
}
