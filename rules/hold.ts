import type { LeadZone, Schedule } from './schedule.ts';
import { MINUTE_MS } from './zone-clock.ts';

/** How far ahead openings are looked for; whoever waits looks again then. */
export const LOOK_AHEAD_MS = 6 * 60 * MINUTE_MS;

/** What a held lead waits for. Instants in epoch milliseconds. */
export interface Waiting {
  now: number;
  /** When buyers were asked last. */
  askedAt: number;
  retryMs: number;
  /** Schedules that kept buyers from being asked then, as they are now. */
  closed: readonly Pick<Schedule, 'isOpen'>[];
  zone?: LeadZone;
}

/**
 * When a held lead is offered anew: as soon as one of the schedules that were closed is open, or when the time between
 * two tries is over. An instant that is not after `now` means now; none is further ahead than `LOOK_AHEAD_MS`.
 */
export function nextTry({ now, askedAt, retryMs, closed, zone }: Waiting): number {
  const latest = Math.min(askedAt + retryMs, now + LOOK_AHEAD_MS);
  const isOpen = (at: number) => closed.some((schedule) => schedule.isOpen(new Date(at), zone));
  if (latest <= now || isOpen(now)) return now;
  for (let at = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS; at < latest; at += MINUTE_MS) {
    if (isOpen(at)) return at;
  }
  return latest;
}
