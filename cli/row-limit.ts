import { CommandFailure } from './terminal.ts';

/** How many rows `--limit` asks for. */
export function rowLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new CommandFailure([`--limit ${text} is no number of rows`]);
  return limit;
}
