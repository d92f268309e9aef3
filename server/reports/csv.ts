import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Dimension, Side } from '../../rules/report/dimensions.ts';
import { FIGURES_OF } from '../../rules/report/figures.ts';
import type { ReportRow } from './report.ts';

/**
 * A report as RFC 4180 has it: a header row, then one row for each row of the report. A spreadsheet takes a text that
 * starts with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and sub ids come from links that anybody
 * can write: such a text gets an apostrophe in front. Figures stay numbers, also below zero.
 */
export function reportCsv(side: Side, dimensions: readonly Dimension[], rows: readonly ReportRow[]): Readable {
  const lines = stringify({
    header: true,
    columns: [...dimensions, ...FIGURES_OF[side]],
    record_delimiter: '\r\n',
    escape_formulas: true,
  });
  return Readable.from(rows).pipe(lines);
}
