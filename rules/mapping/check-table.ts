import type { Table } from '../../schema/mapping.ts';
import { shapeConflicts } from './body-shape.ts';
import { checkPath, quote } from './check-path.ts';
import type { Known, Report } from './check-report.ts';
import { parsePath } from './path.ts';
import { formatValue } from './value-format.ts';
import { isXmlName } from './xml-body.ts';

/** Checks a table. `shape`: how its fields' dots are read: flat for forms and queries, nested for JSON and XML. */
export function checkTable(
  table: Table,
  at: string,
  shape: 'flat' | 'json' | 'xml',
  known: Known,
  report: Report,
): void {
  for (const [field, source] of Object.entries(table)) {
    const where = `${at}.${field}`;
    if (shape !== 'flat') checkField(field, where, shape, report);
    if (typeof source === 'string') checkPath(source, where, known, report);
    else if ('field' in source) {
      checkPath(source.field, `${where}.field`, known, report);
      const { format, default: standIn } = source;
      if (format === undefined || standIn === undefined || standIn === null || standIn === '') continue;
      if (Object.hasOwn(source.map ?? {}, String(standIn))) continue;
      if (formatValue(standIn, format, new Date(0).toISOString()) !== undefined || format === 'age') continue;
      report(`${where}.default`, 'format_mismatch', `${quote(String(standIn))} cannot be written as ${format}`);
    }
  }
  if (shape === 'flat') return;
  for (const field of shapeConflicts(Object.keys(table))) {
    report(`${at}.${field}`, 'field_conflict', 'A field above it in the same table has a value of its own');
  }
}

function checkField(field: string, where: string, shape: 'json' | 'xml', report: Report): void {
  const names = parsePath(field);
  if (!names) report(where, 'bad_field', `${quote(field)} is not a field name such as contact.phone`);
  else if (shape === 'xml' && !names.every((name, index) => isXmlName(name) || (index > 0 && /^\d+$/.test(name)))) {
    report(where, 'bad_field', `${quote(field)} is not the name of an XML element`);
  }
}
