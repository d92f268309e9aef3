import type { ValueFormat } from '../../schema/mapping.ts';
import { formatDate, parseDate, yearsBetween } from './calendar-date.ts';
import { toText } from './plain.ts';

type Scalar = string | number | boolean;

const TRUE = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const FALSE = new Set(['false', '0', 'no', 'n', 'off', 'f']);

/** Writes a value in a format; undefined when it does not fit ("abc" as a number). `now` is ISO 8601, for ages. */
export function formatValue(value: unknown, format: ValueFormat, now: string): Scalar | undefined {
  return FORMATS[format](value, now);
}

const FORMATS: Record<ValueFormat, (value: unknown, now: string) => Scalar | undefined> = {
  string: (value) => toText(value),
  number: toNumber,
  boolean: toBoolean,
  yes_no: (value) => choose(value, 'Yes', 'No'),
  one_zero: (value) => choose(value, 1, 0),
  digits: (value) => phoneDigits(value),
  national: nationalDigits,
  upper: (value) => toText(value).toUpperCase(),
  lower: (value) => toText(value).toLowerCase(),
  date_iso: (value) => date(value, 'YYYY-MM-DD'),
  date_us: (value) => date(value, 'MM/DD/YYYY'),
  age: (value, now) => {
    const born = parseDate(value);
    const today = parseDate(now);
    const years = born && today ? yearsBetween(born, today) : -1;
    return years < 0 ? undefined : years;
  },
  unix: (value) => {
    const date = parseDate(value);
    return date && Math.floor(date.at / 1000);
  },
};

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = toText(value)
    .trim()
    .replace(/^\$/, '')
    .replaceAll(/,(?=\d{3}(?:\D|$))/g, '');
  const number = /^-?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

function toBoolean(value: unknown): boolean | undefined {
  const text = toText(value).trim().toLowerCase();
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}

function choose<T>(value: unknown, yes: T, no: T): T | undefined {
  const decided = toBoolean(value);
  return decided === undefined ? undefined : decided ? yes : no;
}

/** A phone's digits with its country code; ten digits without one are North American. */
export function phoneDigits(value: unknown): string | undefined {
  const text = toText(value).trim();
  const digits = text.replaceAll(/\D/g, '');
  if (digits === '') return undefined;
  return digits.length === 10 && !text.startsWith('+') ? `1${digits}` : digits;
}

function nationalDigits(value: unknown): string | undefined {
  const digits = phoneDigits(value) ?? '';
  return digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : undefined;
}

function date(value: unknown, pattern: string): string | undefined {
  const parsed = parseDate(value);
  return parsed && formatDate(parsed, pattern);
}
