import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Side } from '../../rules/report/dimensions.ts';
import { LINE_OF } from '../../rules/statement.ts';
import { PART_OF, type Statement } from './statement.ts';

/** A statement as RFC 4180 has it: a header row, then its rows. */
export function statementCsv(side: Side, { rows }: Pick<Statement, 'rows'>): Readable {
  const lines = stringify({
    header: true,
    columns: ['day', PART_OF[side], ...LINE_OF[side]],
    record_delimiter: '\r\n',
    escape_formulas: true,
  });
  return Readable.from(rows).pipe(lines);
}
