import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { ApiAnswer } from './operation.ts';

/**
 * Rows as RFC 4180 has them: a header row, then one row for each. A spreadsheet takes a text that starts
 * with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and sub ids come from links that anybody can write:
 * such a text gets an apostrophe in front. Figures stay numbers, also below zero.
 */
export function csvOf(columns: readonly string[], rows: Iterable<unknown> | AsyncIterable<unknown>): Readable {
  const lines = stringify({ header: true, columns: [...columns], record_delimiter: '\r\n', escape_formulas: true });
  return Readable.from(rows).pipe(lines);
}

/** Such rows as a file to download; its name is given without the ending. */
export function csvFile(name: string, ...table: Parameters<typeof csvOf>): ApiAnswer {
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    headers: { 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${name}.csv"` },
    body: csvOf(...table),
  };
}
