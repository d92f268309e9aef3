import { RE2JS } from 're2js';
import type { Field } from '../../schema/field.ts';
import { fault, type FieldValue, type Reading } from './reading.ts';

const DEFAULT_MAX_LENGTH = 1000;
/** Landing pages carry long query strings. */
const DEFAULT_MAX_URL_LENGTH = 4000;

/** Holds a canonical value to one limit; `undefined` when it keeps to it. */
type Limit = (value: FieldValue) => Reading | undefined;

/** The limits of a field. Throws when its pattern does not compile. */
export function limitsOf(field: Field): Limit[] {
  return [lengthLimit(field), patternLimit(field), rangeLimit(field)].filter((limit) => limit !== undefined);
}

/** Length of the longest text a field keeps, in characters. */
export function longestText({ type, maxLength }: Pick<Field, 'type' | 'maxLength'>): number {
  return maxLength ?? (type === 'url' ? DEFAULT_MAX_URL_LENGTH : DEFAULT_MAX_LENGTH);
}

function lengthLimit(field: Field): Limit {
  const most = longestText(field);
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
