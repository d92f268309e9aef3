import type { Field } from '../../schema/field.ts';
import { fieldNormaliser } from './normalise.ts';
import { fieldReader } from './readers.ts';
import { cleanText, fault, type Reading } from './reading.ts';

/**
 * Reads whatever was sent for a field; `undefined` when that is nothing: no value, null, or a text of which nothing is
 * left. Throws when the field's pattern does not compile.
 */
export function valueReader(field: Field): (raw: unknown) => Reading | undefined {
  const read = fieldReader(field);
  const normalise = fieldNormaliser(field);
  return (raw) => {
    if (raw === undefined || raw === null) return undefined;
    if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
      return fault('not_a_value', 'must be a single value');
    }
    const clean = typeof raw === 'string' ? cleanText(raw) : String(raw);
    const text = normalise && clean !== '' ? normalise(clean) : clean;
    return text === '' ? undefined : read(text, raw);
  };
}
