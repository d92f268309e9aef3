import type { Table, ValueSource } from '../../schema/mapping.ts';
import type { MappingContext } from './context.ts';
import { readPath } from './path.ts';
import { toText } from './plain.ts';
import { formatValue } from './value-format.ts';

/** One of their fields. `read` gives its value, typed as for JSON, or undefined when the field is left out. */
export interface TableRow {
  field: string;
  read(context: MappingContext): unknown;
}

/** Compiles a table that was checked before. */
export function compileTable(table: Table): TableRow[] {
  return Object.entries(table).map(([field, source]) => ({ field, read: compileSource(source) }));
}

/**
 * default → map → format: the default stands in for an absent or empty value; a value that the map knows is written
 * as the map has it; any other is formatted. A value that does not fit its format counts as none.
 */
function compileSource(source: ValueSource): TableRow['read'] {
  if (typeof source === 'string') {
    const names = source.split('.');
    return (context) => present(readPath(context, names));
  }
  if ('value' in source) return () => source.value;
  const names = source.field.split('.');
  const { map, format, default: standIn } = source;
  const known = map && new Map(Object.entries(map));
  const none = source.omitEmpty === false ? null : undefined;
  return (context) => {
    const value = present(readPath(context, names)) ?? standIn;
    const mapped = known?.get(toText(value));
    if (mapped !== undefined) return mapped;
    if (format === undefined || present(value) === undefined) return present(value) ?? none;
    return formatValue(value, format, context.now) ?? none;
  };
}

function present(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}
