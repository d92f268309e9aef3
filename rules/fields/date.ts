import { fault, type Reading } from './reading.ts';

const ISO = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/;
const US = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const TIME = /[T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Reads 1990-07-04, 07/04/1990, 19900704 and date-times into yyyy-mm-dd. The day of a date-time is the one written in
 * it: a birthday does not move with a time zone.
 */
export function readDate(text: string): Reading {
  const day = text.replace(TIME, '');
  const [, year, month, date] = ISO.exec(day) ?? COMPACT.exec(day) ?? yearFirst(US.exec(day)) ?? [];
  if (!year || !month || !date) return fault('not_a_date', 'is not a date such as 2026-01-31');
  if (!exists(Number(year), Number(month), Number(date))) return fault('no_such_date', 'is a date that does not exist');
  return { value: `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}` };
}

function yearFirst(match: RegExpExecArray | null): (string | undefined)[] | undefined {
  return match ? [match[0], match[3], match[1], match[2]] : undefined;
}

function exists(year: number, month: number, date: number): boolean {
  const day = new Date(Date.UTC(year, month - 1, date));
  return year >= 1000 && day.getUTCMonth() === month - 1 && day.getUTCDate() === date;
}
