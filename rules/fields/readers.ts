import { RE2JS } from 're2js';
import type { Field, FieldType } from '../../schema/field.ts';
import { enumReader, readBoolean } from './choice.ts';
import { readEmail, readPhone } from './contact.ts';
import { readDate } from './date.ts';
import { readIp, readUrl } from './network.ts';
import { readNumber } from './number.ts';
import { readState, readZip } from './place.ts';
import { fault, type FieldReader, type FieldValue, type Reading } from './reading.ts';

const DEFAULT_MAX_LENGTH = 1000;
/** Landing pages carry long query strings. */
const DEFAULT_MAX_URL_LENGTH = 4000;

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
  const limits = [lengthLimit(field), patternLimit(field), rangeLimit(field)].filter((limit) => limit !== undefined);
  return (text, raw) => {
    const reading = read(text, raw);
    if ('fault' in reading) return reading;
    return limits.reduce<Reading>((result, limit) => limit(reading.value) ?? result, reading);
  };
}

type Limit = (value: FieldValue) => Reading | undefined;

function lengthLimit({ type, maxLength }: Field): Limit | undefined {
  const most = maxLength ?? (type === 'url' ? DEFAULT_MAX_URL_LENGTH : DEFAULT_MAX_LENGTH);
  return (value) => {
    if (typeof value !== 'string' || value.length <= most || [...value].length <= most) return undefined;
    return fault('too_long', `is longer than ${most} characters`);
  };
}

function patternLimit({ pattern }: Field): Limit | undefined {
  if (pattern === undefined) return undefined;
  const compiled = RE2JS.compile(pattern);
  return (value) =>
    compiled.testExact(String(value)) ? undefined : fault('wrong_form', 'does not have the right form');
}

function rangeLimit({ min, max }: Field): Limit | undefined {
  if (min === undefined && max === undefined) return undefined;
  return (value) => {
    if (typeof value !== 'number') return undefined;
    if (min !== undefined && value < min) return fault('too_small', `is less than ${min}`);
    return max !== undefined && value > max ? fault('too_large', `is more than ${max}`) : undefined;
  };
}
