import { RE2JS } from 're2js';
import type { Issue } from '../../errors/leadwire-error.ts';
import type { Field } from '../../schema/field.ts';
import { foldCase } from './choice.ts';
import { isNormalisable } from './normalise.ts';
import { TRACKING } from './tracking.ts';
import { valueReader } from './value.ts';

/** Names with a meaning of their own in what is posted, or in every JavaScript object. */
const RESERVED: ReadonlySet<string> = new Set(['transaction_id', 'pid', 'ping_id', 'bid_ids', 'constructor']);

/** What is wrong with a campaign's fields, beyond their shape. `path` leads to the list. */
export function checkFields(fields: readonly Field[], path: string): Issue[] {
  const seen = new Set<string>();
  return fields.flatMap((field, at) => {
    const again = seen.has(field.name);
    seen.add(field.name);
    const issues = checkField(field, `${path}[${at}]`);
    if (again) issues.unshift({ path: `${path}[${at}].name`, code: 'duplicate', message: 'is already a field' });
    return issues;
  });
}

function checkField(field: Field, path: string): Issue[] {
  const issues: Issue[] = [];
  const error = (property: string, code: string, message: string) =>
    issues.push({ path: `${path}.${property}`, code, message });
  const unused = (property: string, message: string) =>
    issues.push({ path: `${path}.${property}`, code: 'unused', message, severity: 'warning' });

  if (RESERVED.has(field.name)) error('name', 'reserved', 'is reserved');
  const tracking = TRACKING.find(({ name }) => name === field.name);
  if (tracking && tracking.type !== field.type) {
    error('type', 'tracking_field', `must be ${tracking.type}: every lead may carry this tracking field`);
  }
  if (field.type === 'enum') {
    if (!field.values) error('values', 'missing', 'is missing: an enum lists its values');
    const spellings = new Set(field.values?.map(foldCase));
    if (spellings.size < (field.values?.length ?? 0)) error('values', 'duplicate', 'has a value twice');
    if (spellings.has('')) error('values', 'wrong_value', 'has an empty value');
  } else if (field.values) unused('values', 'has an effect on an enum only');
  if (field.type !== 'number' && (field.min ?? field.max) !== undefined) {
    unused(field.min === undefined ? 'max' : 'min', 'has an effect on a number only');
  }
  if (field.min !== undefined && field.max !== undefined && field.min > field.max) {
    error('min', 'wrong_value', 'is more than max');
  }
  const wrong = field.pattern === undefined ? undefined : patternFault(field.pattern);
  if (wrong) error('pattern', 'invalid_pattern', wrong);
  if (field.normalise && !isNormalisable(field)) unused('normalise', 'has an effect on a text, an enum and a zip only');
  if (field.hidden && (field.required ?? 'never') !== 'never') {
    error('hidden', 'hidden_field', 'leaves the field out of posting instructions, so it cannot be required');
  }
  const readable = issues.every(({ severity }) => severity === 'warning');
  if (readable && field.example !== undefined && !isGood(field, field.example)) {
    error('example', 'wrong_value', 'is not a value that the field takes');
  }
  return issues;
}

function isGood(field: Field, value: unknown): boolean {
  const reading = valueReader(field)(value);
  return reading !== undefined && 'value' in reading;
}

function patternFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return `is no regular expression in RE2 syntax: ${error instanceof Error ? error.message : String(error)}`;
  }
}
