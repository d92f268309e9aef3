import type { Field, FieldType } from '../../schema/field.ts';
import { foldCase } from './choice.ts';
import { describeField } from './forms.ts';
import { longestText } from './limits.ts';
import { isNormalisable } from './normalise.ts';
import { sampleOf } from './sample.ts';
import { TRACKING } from './tracking.ts';

type JsonSchema = Record<string, unknown>;

const PLAIN = ['string', 'number', 'boolean'];
const TIME = '([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?';

/** Everything a reader takes; JSON Schema knows no case folding and no calendar, so some of what it lets pass is refused. */
const FORMS: Record<FieldType, (field: Field) => JsonSchema[]> = {
  text: () => [{ type: PLAIN }],
  number: ({ min, max }) => [
    { type: 'number', ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) },
    text('([+-]? ?[$]? ?|[$]? ?[+-]?)([0-9]+|[0-9]{1,3}(,[0-9]{3})+|(?=[.][0-9]))([.][0-9]*)?'),
  ],
  date: () => [
    text(`([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|[0-9]{8}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})${TIME}`),
    { type: 'integer', minimum: 10000101, maximum: 99991231 },
  ],
  email: () => [text('[^@]+@[^@]+')],
  phone: () => [
    { type: 'string', minLength: 7, maxLength: 250 },
    { type: 'integer', minimum: 1_000_000 },
  ],
  zip: () => [text('[0-9]{5}([- ]?[0-9]{4})?'), { type: 'integer', minimum: 501, maximum: 999_999_999 }],
  state: () => [{ type: 'string', minLength: 2, maxLength: 60, pattern: '[A-Za-z]' }],
  enum: ({ values = [] }) => [
    { type: 'string', enum: values },
    text(values.map(anyCase).join('|')),
    ...values.filter((value) => String(Number(value)) === value).map((value) => ({ const: Number(value) })),
  ],
  boolean: () => [
    { type: 'boolean' },
    { type: 'integer', enum: [0, 1] },
    text(['true', 'false', '1', '0', 'yes', 'no', 'y', 'n', 'on', 'off', 't', 'f'].map(anyCase).join('|')),
  ],
  ip: () => [text('[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*')],
  url: () => [text('[Hh][Tt][Tt][Pp][Ss]?://.+')],
};

/** JSON Schema (2020-12) of what a field may be sent as. */
export function fieldJsonSchema(field: Field, required = false): JsonSchema {
  // Normalisers make good values of more than any schema says.
  const forms = field.normalise && isNormalisable(field) ? [{ type: PLAIN }] : FORMS[field.type](field);
  const [only] = forms;
  const absent = required ? [] : [{ type: 'null' }, { type: 'string', pattern: '^\\s*$' }];
  const alternatives = field.type === 'text' && !required ? [{ type: [...PLAIN, 'null'] }] : [...forms, ...absent];
  const sample = sampleOf(field);
  return {
    ...(alternatives.length === 1 ? (alternatives[0] ?? only) : { anyOf: alternatives }),
    ...(field.type === 'text' ? { maxLength: longestText(field) } : {}),
    description: describeField(field),
    ...(sample === undefined ? {} : { examples: [sample] }),
  };
}

/** JSON Schema of the tracking fields that every lead may carry: an object of optional properties. */
export function trackingJsonSchema(): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(TRACKING.map((field) => [field.name, fieldJsonSchema(field)])),
    additionalProperties: true,
  };
}

/**
 * JSON Schema of a lead's body for a campaign: its fields that are not hidden, and the tracking fields. Fields that
 * nobody knows are ignored, so further properties are allowed.
 */
export function leadJsonSchema(fields: readonly Field[], stage: 'ping' | 'post'): JsonSchema {
  const shown = fields.filter(({ hidden }) => !hidden);
  const isRequired = ({ required = 'never' }: Field) => required === 'ping' || required === stage;
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(TRACKING.map((field) => [field.name, fieldJsonSchema(field)])),
      ...Object.fromEntries(shown.map((field) => [field.name, fieldJsonSchema(field, isRequired(field))])),
    },
    required: shown.filter(isRequired).map(({ name }) => name),
    additionalProperties: true,
  };
}

/** A text that is the pattern from end to end, but for white space around it. */
function text(pattern: string): JsonSchema {
  return { type: 'string', pattern: `^\\s*(${pattern})\\s*$` };
}

/** A pattern for a word in any case: [Yy][Ee][Ss]. */
function anyCase(word: string): string {
  return [...foldCase(word)]
    .map((character) => {
      if (character === ' ') return '\\s+';
      const upper = character.toUpperCase();
      if (upper !== character && upper.length === character.length) return `[${upper}${character}]`;
      return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    })
    .join('');
}
