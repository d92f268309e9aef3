import type { Field, FieldType } from '../../schema/field.ts';
import { patternSample } from './pattern-sample.ts';
import type { FieldValue } from './reading.ts';
import { valueReader } from './value.ts';

/** Numbers and domains that are set aside for examples: nobody is reached by them. */
const BY_TYPE: Record<Exclude<FieldType, 'number' | 'enum'>, FieldValue> = {
  text: 'Example',
  date: '1990-07-04',
  email: 'ada@example.com',
  phone: '212-555-0198',
  zip: '10001',
  state: 'NY',
  boolean: true,
  ip: '203.0.113.7',
  url: 'https://www.example.com/landing',
};

const BY_NAME: readonly [RegExp, string][] = [
  [/first_?name|^fname/, 'Ada'],
  [/last_?name|surname|^lname/, 'Lovelace'],
  [/(?:^|_)name$/, 'Ada Lovelace'],
  [/e_?mail/, 'ada@example.com'],
  [/phone|mobile|(?:^|_)cell/, '212-555-0198'],
  [/city|town/, 'New York'],
  [/county/, 'New York County'],
  [/address_?2|apartment|(?:^|_)apt/, 'Apt 4'],
  [/address|street/, '350 5th Ave'],
  [/user_?agent/, 'Mozilla/5.0'],
  [/zip|postal/, '10001'],
];

/** A value that the field takes, as a seller would send it; `undefined` when none is known that its limits allow. */
export function sampleOf(field: Field): FieldValue | undefined {
  const read = valueReader(field);
  return candidates(field).find((candidate) => {
    const reading = read(candidate);
    return reading !== undefined && 'value' in reading;
  });
}

function candidates(field: Field): FieldValue[] {
  const { type, example, values = [], pattern, maxLength } = field;
  const given = example === undefined ? [] : [example];
  if (type === 'enum') return [...given, ...values];
  if (type === 'number') return [...given, ...numbers(field)];
  const named = type === 'text' ? BY_NAME.filter(([name]) => name.test(field.name)).map(([, text]) => text) : [];
  const made = pattern === undefined ? undefined : patternSample(pattern);
  const known = [...given, ...named, BY_TYPE[type], ...(made === undefined ? [] : [made])];
  const cut = maxLength === undefined ? [] : known.map((value) => String(value).slice(0, maxLength));
  return [...known, ...cut, 'A', '1', '12345', false];
}

function numbers({ name, min = -Infinity, max = Infinity }: Field): number[] {
  const middle = (min + max) / 2;
  const known = [/year/.test(name) ? 2020 : 35, Math.round(middle), middle, min, max, 0];
  return known.filter((value) => Number.isFinite(value) && value >= min && value <= max);
}
