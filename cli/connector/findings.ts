import { passes, type Finding } from '../../sdk/index.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

const PAGE = 'docs/connector-conformance.md';

/** Prints what was found, the worst first, and ends the command where there is an error. */
export function report(name: string, findings: readonly Finding[], terminal: Terminal): void {
  const rows = findings.map(({ grade, rule, at = '', message }) => [grade, rule, `${at} ${message}`.trim()]);
  for (const line of table(rows)) terminal.print(line);
  const errors = findings.filter(({ grade }) => grade === 'error').length;
  if (!passes(findings)) {
    throw new CommandFailure([`${name} has ${counted(errors, 'error')}: ${PAGE} says what each rule wants`]);
  }
  const others = findings.length === 0 ? '' : `, with ${counted(findings.length, 'finding')} to look at`;
  terminal.print(`${name} passes${others}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
