import { randomUUID } from 'node:crypto';
import type { EventLockRecord } from '../../models/event.ts';
import { insertFence, isDuplicateKey, readMajority, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';

/** How long the second of two requests for one event of a transaction is kept away, on every node. */
export const LOCK_MS = 2_000;

/**
 * Locks an event of a transaction for two seconds, whatever comes of the request: nobody releases it. What decides is
 * the stored `until`, as the nodes' clocks see it.
 *
 * @returns false while another request has it
 */
export async function lockEvent(
  { eventLocks }: Pick<LeadModels, 'eventLocks'>,
  id: string,
  now: () => number = Date.now,
): Promise<boolean> {
  const holder = randomUUID();
  for (;;) {
    const until = new Date(now() + LOCK_MS);
    const found = await take(eventLocks, { _id: id, holder, until });
    if (found === 'taken') return true;
    if (found === 'gone') continue;
    if (found.until.getTime() > now()) return false;
    const taken = await untilAnswered(() =>
      native<EventLockRecord>(eventLocks).updateOne({ _id: id, holder: found.holder }, { $set: { holder, until } }),
    );
    if (taken.matchedCount > 0) return true;
    // Somebody was faster, or this was done and its answer lost, or old locks were tidied up.
    const held = await readMajority<EventLockRecord>(eventLocks, id);
    if (held) return held.holder === holder;
  }
}

async function take(
  locks: LeadModels['eventLocks'],
  lock: EventLockRecord,
): Promise<EventLockRecord | 'taken' | 'gone'> {
  try {
    const fenced = await insertFence(locks, lock, ({ holder }) => holder === lock.holder);
    return fenced.ours ? 'taken' : fenced.record;
  } catch (error) {
    // It stood in the way and was gone when it was looked at.
    if (isDuplicateKey(error)) return 'gone';
    throw error;
  }
}
