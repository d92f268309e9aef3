import type { Issue } from '../errors/leadwire-error.ts';

/** What a command sees of the process it runs in. */
export interface Terminal {
  variables: NodeJS.ProcessEnv;
  print(line: string): void;
  /** Writes to standard error. */
  complain(line: string): void;
  /** All of standard input; `hint` is shown when a person is typing it. */
  readInput(hint: string): Promise<string>;
  /** One line from the person at the keyboard; absent where there is none. */
  ask?(question: string): Promise<string>;
}

/** Ends a command with exit code 1 and these lines. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** `integrations[3].campaign: no campaign has the id cmp_x (unknown_campaign)` */
export function issueLine({ path, message, code, severity }: Issue): string {
  const what = severity === 'warning' ? `warning: ${message}` : message;
  return `${path === '' ? 'file' : path}: ${what} (${code})`;
}

/** Rows as aligned columns. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
