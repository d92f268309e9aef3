import type { Issue } from '../errors/leadwire-error.ts';
import { DAYS, type Slot } from '../schema/filters.ts';
import { createZoneClock, isTimezone, MINUTE_MS, weekdayOf } from './zone-clock.ts';

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A weekly opening can fall into the hour that a clock change skips; the week after it is there again. */
const LOOK_AHEAD_MINUTES = 15 * DAY_MINUTES;

export interface Schedule {
  isOpen(at: Date): boolean;
}

/**
 * Prepares a schedule; without slots it is always open. Slots go by the wall clock: an hour that a clock change
 * repeats is open both times, one that it skips is not open that day. `timezone` holds for slots that name none.
 */
export function compileSchedule(slots: readonly Slot[] | undefined, timezone: string): Schedule {
  if (!slots || slots.length === 0) return { isOpen: () => true };
  const zones = [...new Set(slots.map((slot) => slot.timezone ?? timezone))].map((zone) => ({
    clock: createZoneClock(zone),
    openings: slots.filter((slot) => (slot.timezone ?? timezone) === zone).flatMap(openingsOf),
  }));
  return {
    isOpen: (at) =>
      zones.some(({ clock, openings }) => {
        const instant = at.getTime();
        const minute = weekdayOf(clock.dayOf(instant)) * DAY_MINUTES + clock.minuteOf(instant);
        return openings.some(({ from, to }) => minute >= from && minute < to);
      }),
  };
}

export function isOpen(slots: readonly Slot[] | undefined, at: Date, timezone: string): boolean {
  return compileSchedule(slots, timezone).isOpen(at);
}

/** The first instant from `at` on when the schedule is open: `at` itself, or the start of a later minute. */
export function nextOpening(slots: readonly Slot[] | undefined, at: Date, timezone: string): Date | undefined {
  const schedule = compileSchedule(slots, timezone);
  if (schedule.isOpen(at)) return at;
  const minute = Math.floor(at.getTime() / MINUTE_MS);
  for (let ahead = 1; ahead <= LOOK_AHEAD_MINUTES; ahead++) {
    const candidate = new Date((minute + ahead) * MINUTE_MS);
    if (schedule.isOpen(candidate)) return candidate;
  }
  return undefined;
}

/** What is wrong with a schedule, beyond its shape. `path` leads to the list. */
export function checkSchedule(slots: readonly Slot[], path: string): Issue[] {
  return slots.flatMap((slot, at) => {
    const issues: Issue[] = [];
    const where = `${path}[${at}]`;
    if (slot.timezone !== undefined && !isTimezone(slot.timezone)) {
      const message = `${slot.timezone} is no IANA time zone`;
      issues.push({ path: `${where}.timezone`, code: 'unknown_timezone', message });
    }
    if (slot.from === slot.to) {
      issues.push({
        path: `${where}.to`,
        code: 'empty_slot',
        message: 'is the same as from; a whole day is 00:00 to 24:00',
      });
    } else if (slot.from === '24:00') {
      issues.push({ path: `${where}.from`, code: 'wrong_value', message: 'must be 00:00 of the next day' });
    }
    return issues;
  });
}

interface Opening {
  /** Minutes since Monday 00:00, on the wall clock. `to` is exclusive. */
  from: number;
  to: number;
}

function openingsOf(slot: Slot): Opening[] {
  const start = minutes(slot.from);
  const end = minutes(slot.to);
  const length = end > start ? end - start : end + DAY_MINUTES - start;
  return daysOf(slot.days).flatMap((day) => {
    const from = day * DAY_MINUTES + start;
    const to = from + length;
    if (to <= WEEK_MINUTES) return [{ from, to }];
    return [
      { from, to: WEEK_MINUTES },
      { from: 0, to: to - WEEK_MINUTES },
    ];
  });
}

/** Weekdays from Monday, 0. A range may go over the weekend: fri-mon. */
function daysOf(days: Slot['days']): number[] {
  const index = (day: string) => (DAYS as readonly string[]).indexOf(day);
  if (typeof days !== 'string') return days.map(index);
  const [first = days, last = first] = days.split('-');
  const count = ((index(last) - index(first) + 7) % 7) + 1;
  return Array.from({ length: count }, (_, nth) => (index(first) + nth) % 7);
}

function minutes(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
