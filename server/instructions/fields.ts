import { fieldClass, sampleOf } from '../../rules/fields.ts';
import { FIELD_FORMS } from '../../rules/fields/forms.ts';
import { longestText } from '../../rules/fields/limits.ts';
import type { Field, FieldClass } from '../../schema/field.ts';

/** A field as posting instructions tell of it. */
export interface FieldGuide {
  name: string;
  label?: string;
  type: Field['type'];
  required: 'ping' | 'post' | 'never';
  /** It tells who the person is, so it has no place in a ping that does not require it. */
  personal: boolean;
  /** What it takes, and the form in which it is kept. */
  takes: string;
  keeps: string;
  /** Allowed values of an enum. */
  values?: readonly string[];
  /** What else holds for it, a sentence each. */
  limits: string[];
  example?: string | number | boolean;
}

const PERSONAL: ReadonlySet<FieldClass> = new Set(['name', 'phone', 'email', 'address', 'sensitive']);

/** Beyond this a limit says no more than that the value has to be sane. */
const WORTH_SAYING = 1_000_000_000;
const MAX_OPTIONAL_SAMPLES = 40;

export function fieldGuide(field: Field): FieldGuide {
  const { name, label, type, required = 'never', values } = field;
  const example = sampleOf(field);
  return {
    name,
    ...(label ? { label } : {}),
    type,
    required,
    personal: PERSONAL.has(fieldClass(field)) && type !== 'zip' && type !== 'state',
    ...FIELD_FORMS[type],
    ...(type === 'enum' && values ? { values } : {}),
    limits: limitsOf(field),
    ...(example === undefined ? {} : { example }),
  };
}

function limitsOf(field: Field): string[] {
  const { type, min, max, maxLength, pattern } = field;
  const isNumber = type === 'number';
  return [
    ...(isNumber && min !== undefined && min > -WORTH_SAYING ? [`At least ${min}`] : []),
    ...(isNumber && max !== undefined && max < WORTH_SAYING ? [`At most ${max}`] : []),
    ...(maxLength === undefined ? [] : [`At most ${longestText(field)} characters`]),
    ...(pattern === undefined ? [] : [`Matches \`${pattern}\``]),
  ];
}

/** A good value for each field that a ping or a post may carry: every required one, and of the others the first ones. */
export function sampleFields(
  fields: readonly FieldGuide[],
  stage: 'ping' | 'post',
): Record<string, string | number | boolean> {
  const isWanted = ({ required }: FieldGuide) => required === 'ping' || required === stage;
  const wanted = fields.filter(isWanted);
  const optional = fields.filter((field) => !isWanted(field) && (stage === 'post' || !field.personal));
  const chosen = new Set([...wanted, ...optional.slice(0, MAX_OPTIONAL_SAMPLES)]);
  const entries = fields.filter((field) => chosen.has(field)).map(({ name, example }) => [name, example] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}
