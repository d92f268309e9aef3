/** A day and, where known, a time of day, in UTC. */
export interface CalendarDate {
  year: number;
  month: number;
  day: number;
  /** Milliseconds since 1970 */
  at: number;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\S*)?$/;
const US = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/** Reads "1990-07-04", "1990-07-04T12:00:00Z" and "07/04/1990". Undefined for anything else and for days that do not exist. */
export function parseDate(value: unknown): CalendarDate | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : parseDate(value.toISOString());
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const iso = ISO.exec(text);
  if (iso) {
    const at = text.length > 10 ? Date.parse(text) : NaN;
    if (text.length > 10 && Number.isNaN(at)) return undefined;
    return onDay(Number(iso[1]), Number(iso[2]), Number(iso[3]), at);
  }
  const us = US.exec(text);
  return us ? onDay(Number(us[3]), Number(us[1]), Number(us[2]), NaN) : undefined;
}

/** Whole years from a date to a later one. */
export function yearsBetween(from: CalendarDate, to: CalendarDate): number {
  const notYet = to.month < from.month || (to.month === from.month && to.day < from.day);
  return to.year - from.year - (notYet ? 1 : 0);
}

/** Writes a date by a pattern of YYYY, YY, MM, DD, HH, mm and ss, e.g. "MM/DD/YYYY". UTC. */
export function formatDate(date: CalendarDate, pattern: string): string {
  const time = new Date(date.at);
  const pad = (number: number) => String(number).padStart(2, '0');
  const year = String(date.year).padStart(4, '0');
  const parts: Record<string, string> = {
    YYYY: year,
    YY: year.slice(2),
    MM: pad(date.month),
    DD: pad(date.day),
    HH: pad(time.getUTCHours()),
    mm: pad(time.getUTCMinutes()),
    ss: pad(time.getUTCSeconds()),
  };
  return pattern.replace(/YYYY|YY|MM|DD|HH|mm|ss/g, (part) => parts[part] ?? part);
}

function onDay(year: number, month: number, day: number, at: number): CalendarDate | undefined {
  const midnight = Date.UTC(year, month - 1, day);
  const read = new Date(midnight);
  if (read.getUTCFullYear() !== year || read.getUTCMonth() !== month - 1 || read.getUTCDate() !== day) return undefined;
  return { year, month, day, at: Number.isNaN(at) ? midnight : at };
}
