import { CAP_PERIODS, type Cap, type CapPeriod, type SlotCap } from '../schema/filters.ts';
import { MICROS_PER_DOLLAR } from './money.ts';
import { weekdaysOf } from './weekdays.ts';
import { createZoneClock, dateText, DAY_MS, HOUR_MS, MINUTE_MS, weekdayOf, type ZoneClock } from './zone-clock.ts';

export type CapKind = 'accepted' | 'sent' | 'revenue';

/** The counter that a cap counts in at some moment. */
export interface CapWindow {
  /** Such as `int_acme:accepted:day:2026-11-21`. Says neither the maximum nor a version: both may change within it. */
  id: string;
  kind: CapKind;
  per: CapPeriod | 'slot';
  /** Leads, or micro-dollars of revenue. */
  max: number;
  /** Whose cap it is, where it is not the integration's own. */
  of?: 'buyer' | 'source';
  /** Counts the leads of this source only. */
  source?: string;
  /** Absent for a cap on the total, which has neither start nor end, and for one on a slot. */
  startsAt?: Date;
  /** Exclusive. */
  endsAt?: Date;
}

/** The windows of an instant, for a lead of a source; without one, those that count every lead. */
export type CapWindowsAt = (at: Date, source?: string) => readonly CapWindow[];

/**
 * The windows that an owner's caps count in at an instant, by the calendar of a time zone; weeks start on Monday. Caps
 * of the same kind and period share a window, and the lowest maximum holds.
 */
export function capWindows(
  caps: readonly Cap[],
  owner: string,
  at: Date,
  timezone: string,
  source?: string,
): CapWindow[] {
  return [...compileCaps(caps, owner, timezone)(at, source)];
}

/** As `capWindows`, for many instants: windows are worked out again only when one of them has ended. */
export function compileCaps(caps: readonly Cap[], owner: string, timezone: string, of?: CapWindow['of']): CapWindowsAt {
  if (caps.length === 0) return () => [];
  const clock = createZoneClock(timezone);
  const shared = caps.filter(({ source }) => source === undefined);
  const ofAll = windowsOf(shared, owner, clock, of ? { of } : {});
  if (shared.length === caps.length) return ofAll;
  const bySource = new Map<string, (at: Date) => readonly CapWindow[]>();

  function windowsFrom(source: string): (at: Date) => readonly CapWindow[] {
    const own = capsOn(caps, source);
    const ofSource = windowsOf(own, `${owner}@${source}`, clock, { ...(of ? { of } : {}), source });
    let known: { all: readonly CapWindow[]; own: readonly CapWindow[]; both: readonly CapWindow[] } | undefined;
    return (at) => {
      const [all, some] = [ofAll(at), ofSource(at)];
      if (known?.all !== all || known.own !== some) known = { all, own: some, both: [...some, ...all] };
      return known.both;
    };
  }

  return (at, source) => {
    if (source === undefined || source === '') return ofAll(at);
    let windows = bySource.get(source);
    if (!windows) bySource.set(source, (windows = windowsFrom(source)));
    return windows(at);
  };
}

/** The caps on one source's leads: what names it, else what holds for each source. */
function capsOn(caps: readonly Cap[], source: string): readonly Cap[] {
  const named = caps.filter((cap) => cap.source === source);
  const taken = new Set(named.map(keyOf));
  return [...named, ...caps.filter((cap) => cap.source === 'each' && !taken.has(keyOf(cap)))];
}

function windowsOf(
  caps: readonly Cap[],
  owner: string,
  clock: ZoneClock,
  marks: Pick<CapWindow, 'of' | 'source'>,
): (at: Date) => readonly CapWindow[] {
  const maxima = Array.from({ length: 7 }, (_, weekday) => lowestMaxima(caps, weekday));
  const byWeekday = caps.some(({ on }) => on !== undefined);
  let windows: readonly CapWindow[] = [];
  let validFrom = Infinity;
  let validTo = -Infinity;

  return (at) => {
    const instant = at.getTime();
    if (instant >= validFrom && instant < validTo) return windows;
    const day = clock.dayOf(instant);
    windows = maxima[weekdayOf(day)]!.map(({ kind, per, max }) => {
      const { name, startsAt, endsAt } = PERIODS[per](clock, instant);
      const id = [owner, kind, per, name].filter(Boolean).join(':');
      return { id, kind, per, max, ...marks, startsAt: dateOf(startsAt), endsAt: dateOf(endsAt) };
    });
    validFrom = Math.max(...windows.map(({ startsAt }) => startsAt?.getTime() ?? -Infinity));
    validTo = Math.min(...windows.map(({ endsAt }) => endsAt?.getTime() ?? Infinity));
    if (byWeekday) {
      validFrom = Math.max(validFrom, clock.startOfDay(day));
      validTo = Math.min(validTo, clock.startOfDay(day + 1));
    }
    return windows;
  };
}

/** The windows of one opening of a slot, which `name` tells from the others. */
export function slotWindows(caps: readonly SlotCap[], owner: string, name: string): CapWindow[] {
  return lowestOf(caps.map((cap) => ({ ...amountOf(cap), per: 'slot' as const }))).map(({ kind, per, max }) => ({
    id: [owner, kind, per, name].join(':'),
    kind,
    per,
    max,
  }));
}

function dateOf(instant: number | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

interface Amount {
  kind: CapKind;
  max: number;
}

function amountOf(cap: SlotCap): Amount {
  return 'revenue' in cap
    ? { kind: 'revenue', max: Math.round(cap.revenue * MICROS_PER_DOLLAR) }
    : { kind: cap.count, max: cap.max };
}

function keyOf(cap: Cap): string {
  return `${amountOf(cap).kind}:${cap.per}`;
}

/**
 * What holds on a weekday: of one kind and period the caps that name the day, else those that name none. Sorted by kind
 * and period, so that whoever reserves several windows takes them in the same order.
 */
function lowestMaxima(caps: readonly Cap[], weekday: number) {
  const today = caps.filter(({ on }) => on !== undefined && weekdaysOf(on).includes(weekday));
  const named = new Set(today.map(keyOf));
  const others = caps.filter((cap) => cap.on === undefined && !named.has(keyOf(cap)));
  const order = ({ per }: { per: CapPeriod }) => CAP_PERIODS.indexOf(per);
  return lowestOf([...today, ...others].map((cap) => ({ ...amountOf(cap), per: cap.per }))).sort((a, b) =>
    a.kind === b.kind ? order(a) - order(b) : a.kind < b.kind ? -1 : 1,
  );
}

function lowestOf<Per extends string>(amounts: readonly (Amount & { per: Per })[]): (Amount & { per: Per })[] {
  const lowest = new Map<string, Amount & { per: Per }>();
  for (const found of amounts) {
    const key = `${found.kind}:${found.per}`;
    const before = lowest.get(key);
    if (!before || found.max < before.max) lowest.set(key, found);
  }
  return [...lowest.values()];
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
