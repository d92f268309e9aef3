import { createZoneClock, DAY_MS, dateText } from '../zone-clock.ts';

/** The longest report, in days: a leap year. */
export const MAX_DAYS = 366;
/** How many days a report without a beginning has. */
const DEFAULT_DAYS = 7;

/** Consecutive local days of one time zone. */
export interface ReportDays {
  timezone: string;
  /** yyyy-mm-dd, in order. */
  dates: readonly string[];
  /** The first instant of each day, and the end of the last one; epoch milliseconds. */
  bounds: readonly number[];
}

export interface WantedDays {
  /** yyyy-mm-dd, both inclusive. Default: the seven days up to `to`, and today. */
  from?: string | undefined;
  to?: string | undefined;
  timezone: string;
}

/** The days of a report; a fault names the parameter that cannot be. */
export function reportDays(
  { from, to, timezone }: WantedDays,
  now: number,
): ReportDays | { parameter: 'from' | 'to'; message: string } {
  const clock = createZoneClock(timezone);
  const last = to === undefined ? clock.dayOf(now) : dayNumber(to);
  const first = from === undefined ? last - DEFAULT_DAYS + 1 : dayNumber(from);
  if (first < 1) return { parameter: 'from', message: 'must be after 1970-01-01' };
  if (first > last) return { parameter: to === undefined ? 'from' : 'to', message: 'from must not be after to' };
  if (last - first >= MAX_DAYS) return { parameter: 'from', message: `at most ${MAX_DAYS} days fit a report` };
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return { timezone, dates: days.map(dateText), bounds: [...days, last + 1].map((day) => clock.startOfDay(day)) };
}

function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}
