import type { Issue } from '../errors/leadwire-error.ts';
import type { HolidayName, Holidays } from '../schema/filters.ts';
import { DAY_MS, dateText, weekdayOf } from './zone-clock.ts';

/** Of a local day (days since 1970-01-01): the entry of the list by which it is a holiday. */
export type HolidayOf = (day: number) => string | undefined;

/** A day of a year, in days since 1970-01-01. */
type DayOf = (year: number) => number;

const dateOf = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / DAY_MS;
const fixed =
  (month: number, day: number): DayOf =>
  (year) =>
    dateOf(year, month, day);
/** The nth weekday of a month; Monday is 0. */
const nth =
  (month: number, weekday: number, n: number): DayOf =>
  (year) => {
    const first = dateOf(year, month, 1);
    return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
  };
const lastMonday =
  (month: number): DayOf =>
  (year) => {
    const last = dateOf(year, month + 1, 1) - 1;
    return last - weekdayOf(last);
  };

const [MONDAY, THURSDAY] = [0, 3];

/** The holidays of the United States' federal government: 5 U.S.C. 6103. */
const FEDERAL: Record<Exclude<HolidayName, 'us_federal'>, DayOf> = {
  new_year: fixed(1, 1),
  mlk_day: nth(1, MONDAY, 3),
  presidents_day: nth(2, MONDAY, 3),
  memorial_day: lastMonday(5),
  juneteenth: fixed(6, 19),
  independence_day: fixed(7, 4),
  labor_day: nth(9, MONDAY, 1),
  columbus_day: nth(10, MONDAY, 2),
  veterans_day: fixed(11, 11),
  thanksgiving: nth(11, THURSDAY, 4),
  christmas: fixed(12, 25),
};

/**
 * Prepares a list of holidays. A federal holiday on a Saturday is also kept on the Friday before it, one on a Sunday on
 * the Monday after it.
 */
export function compileHolidays(list: Holidays = []): HolidayOf {
  if (list.length === 0) return () => undefined;
  const dates = new Set<string>(list.filter((entry) => /^\d/.test(entry)));
  const names = list.filter((entry): entry is HolidayName => !/^\d/.test(entry));
  const wanted = names.includes('us_federal') ? (Object.keys(FEDERAL) as (keyof typeof FEDERAL)[]) : names;
  const known = new Map<number, string | undefined>();

  function find(day: number): string | undefined {
    const text = dateText(day);
    if (dates.has(text)) return text;
    if (dates.has(text.slice(5))) return text.slice(5);
    const year = Number(text.slice(0, 4));
    return wanted.find((name) => name !== 'us_federal' && isKept(FEDERAL[name], day, year));
  }

  return (day) => {
    if (!known.has(day)) {
      // Asked about today, over and over: what is further back is not asked about again.
      if (known.size > 1000) known.clear();
      known.set(day, find(day));
    }
    return known.get(day);
  };
}

/** Whether a holiday is on this day, or kept on it. New Year's Day may be kept in the year before. */
function isKept(dayOf: DayOf, day: number, year: number): boolean {
  return [year, year + 1].some((one) => {
    const holiday = dayOf(one);
    const weekday = weekdayOf(holiday);
    return day === holiday || (weekday === 5 && day === holiday - 1) || (weekday === 6 && day === holiday + 1);
  });
}

/** Dates that no calendar has. `path` leads to the list. */
export function checkHolidays(list: Holidays, path: string): Issue[] {
  return list.flatMap((entry, at): Issue[] => {
    if (!/^\d/.test(entry)) return [];
    // A leap year, for dates that come every year.
    const text = entry.length === 5 ? `2024-${entry}` : entry;
    const day = new Date(`${text}T00:00:00Z`);
    const isDate = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
    return isDate ? [] : [{ path: `${path}[${at}]`, code: 'wrong_value', message: 'is no day of the calendar' }];
  });
}
