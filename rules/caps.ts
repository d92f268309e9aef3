import { CAP_PERIODS, type Cap, type CapPeriod } from '../schema/filters.ts';
import { MICROS_PER_DOLLAR } from './money.ts';
import { createZoneClock, dateText, DAY_MS, HOUR_MS, MINUTE_MS, weekdayOf, type ZoneClock } from './zone-clock.ts';

export type CapKind = 'accepted' | 'sent' | 'revenue';

/** The counter that a cap counts in at some moment. */
export interface CapWindow {
  /** Such as `int_acme:accepted:day:2026-11-21`. Says neither the maximum nor a version: both may change within it. */
  id: string;
  kind: CapKind;
  per: CapPeriod;
  /** Leads, or micro-dollars of revenue. */
  max: number;
  /** Absent for a cap on the total, which has neither start nor end. */
  startsAt?: Date;
  /** Exclusive. */
  endsAt?: Date;
}

/**
 * The windows that an owner's caps count in at an instant, by the calendar of a time zone; weeks start on Monday. Caps
 * of the same kind and period share a window, and the lowest maximum holds.
 */
export function capWindows(caps: readonly Cap[], owner: string, at: Date, timezone: string): CapWindow[] {
  return [...compileCaps(caps, owner, timezone)(at)];
}

/** As `capWindows`, for many instants: windows are worked out again only when one of them has ended. */
export function compileCaps(caps: readonly Cap[], owner: string, timezone: string): (at: Date) => readonly CapWindow[] {
  if (caps.length === 0) return () => [];
  const clock = createZoneClock(timezone);
  const lowest = lowestMaxima(caps);
  let windows: readonly CapWindow[] = [];
  let validFrom = Infinity;
  let validTo = -Infinity;

  return (at) => {
    const instant = at.getTime();
    if (instant >= validFrom && instant < validTo) return windows;
    windows = lowest.map(({ kind, per, max }) => {
      const { name, startsAt, endsAt } = PERIODS[per](clock, instant);
      const id = [owner, kind, per, name].filter(Boolean).join(':');
      return { id, kind, per, max, startsAt: dateOf(startsAt), endsAt: dateOf(endsAt) };
    });
    validFrom = Math.max(...windows.map(({ startsAt }) => startsAt?.getTime() ?? -Infinity));
    validTo = Math.min(...windows.map(({ endsAt }) => endsAt?.getTime() ?? Infinity));
    return windows;
  };
}

function dateOf(instant: number | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

interface Lowest {
  kind: CapKind;
  per: CapPeriod;
  max: number;
}

/** Sorted by kind and period, so that whoever reserves several windows takes them in the same order. */
function lowestMaxima(caps: readonly Cap[]): Lowest[] {
  const lowest = new Map<string, Lowest>();
  for (const cap of caps) {
    const found: Lowest =
      'revenue' in cap
        ? { kind: 'revenue', per: cap.per, max: Math.round(cap.revenue * MICROS_PER_DOLLAR) }
        : { kind: cap.count, per: cap.per, max: cap.max };
    const key = `${found.kind}:${found.per}`;
    const before = lowest.get(key);
    if (!before || found.max < before.max) lowest.set(key, found);
  }
  const order = ({ per }: Lowest) => CAP_PERIODS.indexOf(per);
  return [...lowest.values()].sort((a, b) => (a.kind === b.kind ? order(a) - order(b) : a.kind < b.kind ? -1 : 1));
}

interface Period {
  name?: string;
  /** Epoch milliseconds. */
  startsAt?: number;
  endsAt?: number;
}

const PERIODS: Record<CapPeriod, (clock: ZoneClock, at: number) => Period> = {
  hour: hourAt,
  day(clock, at) {
    const day = clock.dayOf(at);
    return days(clock, dateText(day), day, day + 1);
  },
  week(clock, at) {
    const day = clock.dayOf(at);
    const monday = day - weekdayOf(day);
    return days(clock, dateText(monday), monday, monday + 7);
  },
  month(clock, at) {
    const name = dateText(clock.dayOf(at)).slice(0, 7);
    const first = new Date(`${name}-01`);
    const next = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1);
    return days(clock, name, first.getTime() / DAY_MS, next / DAY_MS);
  },
  total: () => ({}),
};

function days(clock: ZoneClock, name: string, first: number, next: number): Period {
  return { name, startsAt: clock.startOfDay(first), endsAt: clock.startOfDay(next) };
}

/** An hour of the wall clock; the one that a clock change repeats is told apart by its offset from UTC. */
function hourAt(clock: ZoneClock, at: number): Period {
  const offset = clock.offset(at);
  const start = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
  const end = start + HOUR_MS;
  const local = new Date(start + offset).toISOString().slice(0, 13);
  return {
    name: `${local}${offsetText(offset)}`,
    // Lord Howe Island sets its clocks by half an hour: the hour around that is cut short.
    startsAt: clock.offset(start) === offset ? start : clock.changeBetween(start, at),
    endsAt: clock.offset(end - 1) === offset ? end : clock.changeBetween(at, end - 1),
  };
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / MINUTE_MS;
  const pad = (number: number) => String(number).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
