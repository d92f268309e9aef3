import { setTimeout as delay } from 'node:timers/promises';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Conclusion } from '../outcome-board.ts';

const POLL_MS = 250;
/** A lead that is sold on this node announces its outcome; the record is read only in case it went on elsewhere. */
const SOLD_HERE_MS = 1_500;

/** Waits until the lead has an outcome or the deadline (epoch ms) has passed; then there is nothing to tell yet. */
export async function waitForOutcome(
  leads: LeadModels['leads'],
  lead: string,
  announced: Promise<Conclusion>,
  deadline: number,
  { soldHere }: { soldHere: boolean },
): Promise<Conclusion | undefined> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      announced,
      pollRecord(leads, lead, deadline, soldHere ? SOLD_HERE_MS : POLL_MS, stop.signal),
    ]);
  } finally {
    stop.abort();
  }
}

async function pollRecord(
  leads: LeadModels['leads'],
  lead: string,
  deadline: number,
  pauseMs: number,
  signal: AbortSignal,
): Promise<Conclusion | undefined> {
  for (;;) {
    const left = deadline - Date.now();
    try {
      await delay(Math.max(0, Math.min(pauseMs, left)), undefined, { signal });
    } catch {
      return undefined; // somebody else has the answer
    }
    const found = await leads
      .findById(lead, { state: 1, outcome: 1, reason: 1, sales: 1, offers: 1 })
      .lean()
      .exec()
      .catch(() => null);
    if (found && isDecided(found)) return found;
    if (Date.now() >= deadline) return undefined;
    pauseMs = POLL_MS;
  }
}

/** Whether there is something to tell: once a seller has chosen among bids, what it was asked before no longer counts. */
export function isDecided({ state, reason }: Pick<LeadRecord, 'state' | 'reason'>): boolean {
  return state === 'concluded' && reason !== 'seller_chose';
}

/** What the work results in, or undefined when the deadline (epoch ms) passes before. */
export async function within<T>(work: Promise<T>, deadline: number): Promise<T | undefined> {
  const stop = new AbortController();
  const patience = delay(Math.max(0, deadline - Date.now()), undefined, { signal: stop.signal });
  patience.catch(() => undefined);
  try {
    return await Promise.race([work, patience]);
  } finally {
    stop.abort();
  }
}
