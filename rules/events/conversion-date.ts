import { createZoneClock, DAY_MS, HOUR_MS, MINUTE_MS } from '../zone-clock.ts';
import { isGiven } from './parameters.ts';

/** What each time zone of an event is ahead of UTC, in hours. They are fixed: nobody says daylight saving time. */
export const CONVERSION_TIMEZONES: Readonly<Record<string, number>> = {
  PST: -8,
  EST: -5,
  CST: -6,
  MST: -7,
  AKST: -9,
  SST: -11,
  HST: -10,
  AST: -4,
};

const FORM = /^(\d{4})-(\d{2})-(\d{2})(?: ([01]\d|2[0-3]):([0-5]\d):([0-5]\d))?$/;
/** How far a caller's clock may be ahead of ours. */
const TOLERANCE_MS = MINUTE_MS;

export type ConversionDate = { at?: Date } | { invalid: Record<string, string> };

/**
 * When something converted, as `YYYY-MM-DD` (its first instant) or `YYYY-MM-DD HH:MM:SS` on the clock of one of the
 * fixed time zones, or without one on the campaign's.
 *
 * @param now epoch milliseconds; what is later than that is refused
 */
export function readConversionDate(date: unknown, zone: unknown, campaignZone: string, now: number): ConversionDate {
  const name = typeof zone === 'string' ? zone.trim().toUpperCase() : undefined;
  const hours = name === undefined ? undefined : CONVERSION_TIMEZONES[name];
  const invalid: Record<string, string> = {};
  if (isGiven(zone) && hours === undefined) {
    invalid['conversion_timezone'] = `is none of ${Object.keys(CONVERSION_TIMEZONES).join(', ')}`;
  }
  if (!isGiven(date)) return Object.keys(invalid).length > 0 ? { invalid } : {};
  const local = typeof date === 'string' ? localTime(date.trim()) : undefined;
  if (local === undefined) invalid['conversion_date'] = 'is not YYYY-MM-DD or YYYY-MM-DD HH:MM:SS';
  else if (Number.isNaN(local)) invalid['conversion_date'] = 'is a date that does not exist';
  else if (Object.keys(invalid).length === 0) {
    const at = hours === undefined ? inZone(local, campaignZone) : local - hours * HOUR_MS;
    if (at <= now + TOLERANCE_MS) return { at: new Date(at) };
    invalid['conversion_date'] = 'is in the future';
  }
  return { invalid };
}

/** Epoch milliseconds of the text as if it were UTC; NaN when there is no such day. */
function localTime(text: string): number | undefined {
  const [matched, year = '', month = '', day = '', hour = '0', minute = '0', second = '0'] = FORM.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const found = new Date(midnight);
  // Years below 100 would be taken for those of the last century, and none of them is a conversion's.
  const exists =
    Number(year) >= 1970 && found.getUTCMonth() === Number(month) - 1 && found.getUTCDate() === Number(day);
  return exists ? midnight + Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS + Number(second) * 1000 : NaN;
}

/** The instant at which the clock of a zone shows this; of two the earlier, and where there is none the one after. */
function inZone(local: number, timezone: string): number {
  const clock = createZoneClock(timezone);
  const [before, after] = [clock.offset(local - DAY_MS), clock.offset(local + DAY_MS)];
  const fits = [local - before, local - after].filter((at) => at + clock.offset(at) === local);
  return fits.length > 0 ? Math.min(...fits) : local - before;
}
