import { stringify } from 'csv-stringify/sync';
import type { RequestMapping } from '../../schema/mapping.ts';
import type { MappingContext } from './context.ts';
import { toText } from './plain.ts';
import { compileTable } from './table.ts';

/**
 * Compiles a CSV body (RFC 4180): the names of the columns, then one row. A column without a value has an empty cell, so
 * that every lead has the same columns.
 */
export function compileCsv(csv: NonNullable<RequestMapping['csv']>): (context: MappingContext) => string {
  const { header = true, delimiter = ',', formulas = 'escaped' } = csv;
  const columns = compileTable(csv.columns);
  const names = columns.map(({ field }) => field);
  const form = { delimiter, record_delimiter: '\r\n', escape_formulas: formulas === 'escaped' };
  return (context) => {
    const row = columns.map(({ read }) => cellOf(read(context)));
    return stringify(header ? [names, row] : [row], form);
  };
}

/** Figures stay numbers, which are no formulas below zero either; a list is one cell. */
function cellOf(value: unknown): string | number {
  if (typeof value === 'number') return value;
  return Array.isArray(value) ? value.map(toText).join('; ') : toText(value);
}
