import { formatDate, parseDate } from './calendar-date.ts';
import { escapeUrl } from './escape.ts';
import { toText } from './plain.ts';
import { phoneDigits } from './value-format.ts';

/**
 * Helpers of templates, beside Handlebars' own `if`, `unless`, `each`, `with` and `lookup`:
 *
 * - `{{default lead.gender "U"}}` the value, or the second one when it is absent or empty
 * - `{{upper lead.state}}`, `{{lower lead.email}}`
 * - `{{digits lead.phone}}` a phone's digits, country code included
 * - `{{date lead.dob "MM/DD/YYYY"}}` parts: YYYY YY MM DD HH mm ss, in UTC
 * - `{{json lead.first_name}}` as JSON, quotes included, for JSON written by hand
 * - `{{urlencode lead.page}}` percent-encoded; in an address that comes on top of what every macro gets
 * - `{{#if (eq lead.state "CA")}}` whether two values are the same, as text
 */
export const MACROS: Record<string, (...args: unknown[]) => unknown> = {
  default: (value, otherwise) => (toText(value) === '' ? otherwise : value),
  upper: (value) => toText(value).toUpperCase(),
  lower: (value) => toText(value).toLowerCase(),
  digits: (value) => phoneDigits(value),
  date: (value, pattern) => {
    const date = parseDate(value);
    return date && formatDate(date, typeof pattern === 'string' ? pattern : 'YYYY-MM-DD');
  },
  json: (value) => JSON.stringify(value ?? null),
  urlencode: (value) => escapeUrl(toText(value)),
  eq: (a, b) => toText(a) === toText(b),
};

/** Handlebars' own helpers with a block. */
export const BLOCKS: readonly string[] = ['if', 'unless', 'each', 'with'];

/** Whether a helper can stand in a macro. */
export function isMacro(name: string): boolean {
  return name === 'lookup' || Object.hasOwn(MACROS, name);
}

/** How many values a helper takes: at least and at most. */
export const ARITY: Record<string, [number, number]> = {
  default: [2, 2],
  date: [1, 2],
  eq: [2, 2],
  if: [1, 1],
  unless: [1, 1],
  each: [1, 1],
  with: [1, 1],
  lookup: [2, 2],
};
