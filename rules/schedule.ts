import type { Issue } from '../errors/leadwire-error.ts';
import type { Holidays, Slot } from '../schema/filters.ts';
import { slotWindows, type CapWindow } from './caps.ts';
import { compileHolidays } from './holidays.ts';
import { parsePrice, type Micros } from './money.ts';
import { weekdaysOf } from './weekdays.ts';
import { createZoneClock, dateText, isTimezone, MINUTE_MS, weekdayOf, type ZoneClock } from './zone-clock.ts';

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A weekly opening can fall into the hour that a clock change skips; the week after it is there again. */
const LOOK_AHEAD_MINUTES = 15 * DAY_MINUTES;
/** So can one be on a holiday, several weeks in a row. */
const LOOK_AHEAD_HOLIDAYS_MINUTES = 40 * DAY_MINUTES;

/** The consumer's time zone, found out when a slot goes by it; null where nobody knows. */
export type LeadZone = () => string | null;

/** One opening of a slot. */
export interface Opening {
  /** Its place in the schedule. */
  slot: number;
  /** What a buyer without a ping pays meanwhile. */
  price: Micros | undefined;
  /** The opening's own windows, for the integration that has the schedule. */
  capWindows(owner: string): readonly CapWindow[];
}

export interface Schedule {
  /** Whether a slot names a price. */
  readonly hasPrices: boolean;
  /** A slot that goes by the consumer's clock is closed to a lead whose time zone nobody knows. */
  isOpen(at: Date, zone?: LeadZone): boolean;
  /** The slot by which it is open: of several, the first. Undefined also where there are no slots. */
  openingAt(at: Date, zone?: LeadZone): Opening | undefined;
  /** The entry of `holidays` by which it is closed, on the campaign's calendar or the consumer's. */
  holidayAt(at: Date, zone?: LeadZone): string | undefined;
  /** The first instant from `at` on when it is open: `at` itself, or the start of a later minute. */
  nextOpening(at: Date, zone?: LeadZone): Date | undefined;
}

/**
 * Prepares a schedule; without slots it is always open but on holidays. Slots go by the wall clock: an hour that a clock
 * change repeats is open both times, one that it skips is not open that day. `timezone` holds for slots that name none,
 * and a holiday is one on the clock of the slot.
 */
export function compileSchedule(
  slots: readonly Slot[] | undefined,
  timezone: string,
  holidays: Holidays = [],
): Schedule {
  const holidayOf = compileHolidays(holidays);
  const clocks = new Map<string, ZoneClock>();
  const clockOf = (zone: string) => {
    let clock = clocks.get(zone);
    if (!clock) clocks.set(zone, (clock = createZoneClock(zone)));
    return clock;
  };
  const fallback = clockOf(timezone);
  const prepared = (slots ?? []).map((slot, at) => ({ slot, at, spans: spansOf(slot), price: microsOf(slot) }));
  for (const { slot } of prepared) if (slot.timezone !== undefined) clockOf(slot.timezone);

  function clockFor({ clock, timezone: named }: Slot, zone: LeadZone): ZoneClock | undefined {
    if (clock !== 'lead') return named === undefined ? fallback : clockOf(named);
    const known = zone();
    return known === null ? undefined : clockOf(known);
  }

  function openingAt(at: Date, zone: LeadZone = nowhere): Opening | undefined {
    const instant = at.getTime();
    for (const { slot, at: place, spans, price } of prepared) {
      const clock = clockFor(slot, zone);
      if (!clock) continue;
      const day = clock.dayOf(instant);
      const weekday = weekdayOf(day);
      const minute = weekday * DAY_MINUTES + clock.minuteOf(instant);
      const span = spans.find(({ from, to }) => minute >= from && minute < to);
      if (!span || holidayOf(day) !== undefined) continue;
      const { caps } = slot;
      const began = day - ((weekday - span.weekday + 7) % 7);
      return {
        slot: place,
        price,
        capWindows: (owner) => (caps ? slotWindows(caps, owner, openingName(slot, began)) : []),
      };
    }
    return undefined;
  }

  function holidayAt(at: Date, zone: LeadZone = nowhere): string | undefined {
    if (holidays.length === 0) return undefined;
    const instant = at.getTime();
    const ofSlots = prepared.flatMap(({ slot }) => clockFor(slot, zone) ?? []);
    return (ofSlots.length > 0 ? ofSlots : [fallback])
      .map((clock) => holidayOf(clock.dayOf(instant)))
      .find((holiday) => holiday !== undefined);
  }

  const isOpen = (at: Date, zone: LeadZone = nowhere): boolean =>
    prepared.length === 0 ? holidayAt(at, zone) === undefined : openingAt(at, zone) !== undefined;

  return {
    hasPrices: prepared.some(({ price }) => price !== undefined),
    isOpen,
    openingAt,
    holidayAt,
    nextOpening(at, zone = nowhere) {
      if (isOpen(at, zone)) return at;
      const minute = Math.floor(at.getTime() / MINUTE_MS);
      const last = holidays.length > 0 ? LOOK_AHEAD_HOLIDAYS_MINUTES : LOOK_AHEAD_MINUTES;
      for (let ahead = 1; ahead <= last; ahead++) {
        const candidate = new Date((minute + ahead) * MINUTE_MS);
        if (isOpen(candidate, zone)) return candidate;
      }
      return undefined;
    },
  };
}

/** What tells one opening of a slot from its others. */
function openingName({ from, clock, timezone }: Slot, began: number): string {
  return `${dateText(began)}T${from}${clock === 'lead' ? '@lead' : timezone ? `@${timezone}` : ''}`;
}

const nowhere: LeadZone = () => null;

/** The check has refused what has no such value. */
function microsOf({ price }: Slot): Micros | undefined {
  return price === undefined ? undefined : parsePrice(price);
}

export function isOpen(slots: readonly Slot[] | undefined, at: Date, timezone: string): boolean {
  return compileSchedule(slots, timezone).isOpen(at);
}

/** The first instant from `at` on when the schedule is open: `at` itself, or the start of a later minute. */
export function nextOpening(
  slots: readonly Slot[] | undefined,
  at: Date,
  timezone: string,
  holidays?: Holidays,
): Date | undefined {
  return compileSchedule(slots, timezone, holidays).nextOpening(at);
}

/** What is wrong with a schedule, beyond its shape. `path` leads to the list. */
export function checkSchedule(slots: readonly Slot[], path: string): Issue[] {
  return slots.flatMap((slot, at) => {
    const issues: Issue[] = [];
    const where = `${path}[${at}]`;
    if (slot.clock === 'lead' && slot.timezone !== undefined) {
      const message = "goes by the consumer's clock: leave the time zone out";
      issues.push({ path: `${where}.timezone`, code: 'contradiction', message });
    }
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
    } else {
      issues.push(...overlapOf(slots, at, where));
    }
    return issues;
  });
}

/** Where slots of one clock overlap the first of them counts, with its caps and its price. */
function overlapOf(slots: readonly Slot[], at: number, where: string): Issue[] {
  const slot = slots[at]!;
  const sameClock = (other: Slot) =>
    (other.clock ?? 'campaign') === (slot.clock ?? 'campaign') && other.timezone === slot.timezone;
  const earlier = slots
    .slice(0, at)
    .map((other, place) => ({ other, place }))
    .filter(({ other }) => sameClock(other) && other.from !== other.to && other.from !== '24:00');
  const isIn = (minute: number, other: Slot) => spansOf(other).some(({ from, to }) => minute >= from && minute < to);
  const edges = [slot, ...earlier.map(({ other }) => other)].flatMap((one) => spansOf(one).map(({ from }) => from));
  const own = edges.filter((minute) => isIn(minute, slot));
  const severity = 'warning' as const;
  if (
    earlier.length > 0 &&
    isCovered(
      spansOf(slot),
      earlier.flatMap(({ other }) => spansOf(other)),
    )
  ) {
    const message = 'never counts: the slots before it are open whenever it is';
    return [{ path: where, code: 'never_matches', message, severity }];
  }
  const first = earlier.find(({ other }) => own.some((minute) => isIn(minute, other)));
  if (!first) return [];
  const message = `overlaps slot ${first.place}, whose caps and price count while both are open`;
  return [{ path: where, code: 'overlap', message, severity }];
}

function isCovered(spans: readonly Span[], by: readonly Span[]): boolean {
  return spans.every(({ from, to }) => {
    let at = from;
    while (at < to) {
      const reached = Math.max(...by.filter((span) => span.from <= at && span.to > at).map((span) => span.to));
      if (!(reached > at)) return false;
      at = reached;
    }
    return true;
  });
}

interface Span {
  /** On which the opening begins; Monday is 0. */
  weekday: number;
  /** Minutes since Monday 00:00, on the wall clock. `to` is exclusive. */
  from: number;
  to: number;
}

function spansOf(slot: Slot): Span[] {
  const start = minutes(slot.from);
  const end = minutes(slot.to);
  const length = end > start ? end - start : end + DAY_MINUTES - start;
  return weekdaysOf(slot.days).flatMap((weekday) => {
    const from = weekday * DAY_MINUTES + start;
    const to = from + length;
    if (to <= WEEK_MINUTES) return [{ weekday, from, to }];
    return [
      { weekday, from, to: WEEK_MINUTES },
      { weekday, from: 0, to: to - WEEK_MINUTES },
    ];
  });
}

function minutes(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
