import { IANAZone } from 'luxon';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Reads instants (epoch milliseconds) on the wall clock and calendar of one time zone. */
export interface ZoneClock {
  /** What the zone is ahead of UTC at an instant, in milliseconds. */
  offset(at: number): number;
  /** The local day of an instant, in days since 1970-01-01. */
  dayOf(at: number): number;
  /** Minutes on the wall clock since 00:00 of the local day. */
  minuteOf(at: number): number;
  /** The first instant of a local day, also where 00:00 is skipped or comes twice. */
  startOfDay(day: number): number;
  /** The instant after `from`, up to `to`, at which the clock was set to what it shows at `to`. */
  changeBetween(from: number, to: number): number;
}

/** Throws when no time zone has this name. */
export function createZoneClock(timezone: string): ZoneClock {
  const zone = IANAZone.create(timezone);
  if (!zone.isValid) throw new RangeError(`${timezone} is no IANA time zone`);
  // Clocks are set at whole quarters of an hour UTC, so an offset holds until the next one. Asking costs microseconds.
  let quarter = NaN;
  let known = 0;

  function offset(at: number): number {
    const asked = Math.floor(at / (15 * MINUTE_MS));
    if (asked !== quarter) {
      known = zone.offset(at) * MINUTE_MS;
      quarter = asked;
    }
    return known;
  }
  const dayOf = (at: number) => Math.floor((at + offset(at)) / DAY_MS);

  return {
    offset,
    dayOf,
    minuteOf(at) {
      const local = at + offset(at);
      return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS);
    },
    startOfDay(day) {
      const midnight = day * DAY_MS;
      const guess = midnight - offset(midnight);
      if (dayOf(guess) === day && dayOf(guess - 1) === day - 1) return guess;
      return firstMinute(midnight - 2 * DAY_MS, midnight + 2 * DAY_MS, (at) => dayOf(at) >= day);
    },
    changeBetween(from, to) {
      const wanted = offset(to);
      return firstMinute(from, to, (at) => offset(at) === wanted);
    },
  };
}

/** The first whole minute after `from` that holds; it does not at `from`, does at `to`, and changes once between. */
function firstMinute(from: number, to: number, holds: (at: number) => boolean): number {
  let before = Math.floor(from / MINUTE_MS);
  let after = Math.ceil(to / MINUTE_MS);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle * MINUTE_MS)) after = middle;
    else before = middle;
  }
  return after * MINUTE_MS;
}

/** Monday is 0. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** yyyy-mm-dd */
export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `false` where the runtime knows no such zone. */
export function isTimezone(name: string): boolean {
  return IANAZone.isValidZone(name);
}
