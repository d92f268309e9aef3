import type { Field, FieldType } from '../../schema/field.ts';
import { enumReader, readBoolean } from './choice.ts';
import { readEmail, readPhone } from './contact.ts';
import { readDate } from './date.ts';
import { limitsOf } from './limits.ts';
import { readIp, readUrl } from './network.ts';
import { readNumber } from './number.ts';
import { readState, readZip } from './place.ts';
import type { FieldReader, Reading } from './reading.ts';

const READERS: Record<Exclude<FieldType, 'enum'>, FieldReader> = {
  text: (text) => ({ value: text }),
  number: readNumber,
  date: readDate,
  email: readEmail,
  phone: readPhone,
  zip: readZip,
  state: readState,
  boolean: readBoolean,
  ip: readIp,
  url: readUrl,
};

/** Reads a field's value and holds it to the field's limits. Throws when the field's pattern does not compile. */
export function fieldReader(field: Field): FieldReader {
  const read = field.type === 'enum' ? enumReader(field.values ?? []) : READERS[field.type];
  const limits = limitsOf(field);
  return (text, raw) => {
    const reading = read(text, raw);
    if ('fault' in reading) return reading;
    return limits.reduce<Reading>((result, limit) => limit(reading.value) ?? result, reading);
  };
}
