import { setTimeout as delay } from 'node:timers/promises';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Conclusion } from '../outcome-board.ts';

const POLL_MS = 250;
/** A lead that runs on this node announces its outcome; the record is read only in case its task moved elsewhere. */
const EAGER_PATIENCE_MS = 1_500;

/** Waits until the lead has an outcome or the deadline (epoch ms) has passed; then there is nothing to tell yet. */
export async function waitForOutcome(
  leads: LeadModels['leads'],
  lead: string,
  announced: Promise<Conclusion>,
  deadline: number,
  eager: boolean,
): Promise<Conclusion | undefined> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      announced,
      pollRecord(leads, lead, deadline, eager ? EAGER_PATIENCE_MS : 0, stop.signal),
    ]);
  } finally {
    stop.abort();
  }
}

async function pollRecord(
  leads: LeadModels['leads'],
  lead: string,
  deadline: number,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Conclusion | undefined> {
  let pauseMs = Math.max(patienceMs, POLL_MS);
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
