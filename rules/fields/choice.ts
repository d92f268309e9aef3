import { cleanText, fault, type FieldReader, type FieldValue, type Reading } from './reading.ts';

/** Reads one of the allowed values, without regard to case, into its spelling in the configuration. */
export function enumReader(values: readonly string[]): FieldReader {
  const spelling = new Map(values.map((value) => [foldCase(value), value]));
  return (text) => {
    const value = spelling.get(text.toLowerCase());
    return value === undefined ? fault('not_allowed', 'is not one of the allowed values') : { value };
  };
}

/** What two spellings of the same enum value have in common. */
export function foldCase(value: string): string {
  return cleanText(value).toLowerCase();
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'y', 'on', 't'].map((word): [string, boolean] => [word, true]),
  ...['false', '0', 'no', 'n', 'off', 'f'].map((word): [string, boolean] => [word, false]),
]);

export function readBoolean(text: string, raw: FieldValue): Reading {
  const value = typeof raw === 'boolean' ? raw : BOOLEANS.get(text.toLowerCase());
  return value === undefined ? fault('not_a_boolean', 'is neither yes nor no') : { value };
}
