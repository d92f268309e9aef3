import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { ActivityDeps } from '../deps.ts';
import { askStatus, postLead, postTimes } from './post.ts';
import { settleTime } from './deadline.ts';
import { applySettlement } from './settle.ts';
import type { DeliverySubject } from './subject.ts';

/** Tries while the seller may still be waiting; later ones belong to the continuation. */
const PROMPT_ATTEMPTS = 3;
const PROMPT_PAUSE_MS = 300;

/**
 * Resolves an ambiguous post without ever going to another buyer: an idempotent integration is posted to again with
 * the same key, one with a status query is asked. Others stay `unknown` for an operator, the buyer or the deadline.
 */
export async function resolveUnknown(
  deps: ActivityDeps,
  subject: DeliverySubject,
  record: DeliveryRecord,
): Promise<DeliveryRecord> {
  let current = record;
  while (current.state === 'unknown' && current.attempt < PROMPT_ATTEMPTS && canAsk(subject, current)) {
    await delay(PROMPT_PAUSE_MS * current.attempt);
    current = await askOnce(deps, subject, current);
  }
  return current;
}

/**
 * Whether a buyer without a clear answer can be asked for one. Who said that it has the lead is not sent it again, and
 * nobody is sent one that was withdrawn.
 */
export function canAsk(
  { integration }: Pick<DeliverySubject, 'integration'>,
  { state }: Pick<DeliveryRecord, 'state'>,
  isWithdrawn = false,
): boolean {
  if (state !== 'unknown' && state !== 'pending') return false;
  // The same post again is how an idempotent one is asked.
  if (state === 'unknown' && integration.idempotent) return !isWithdrawn;
  return integration.operations.status !== undefined;
}

/** One more attempt to learn what became of an ambiguous or pending post. Only the winner of the attempt's number makes it. */
export async function askOnce(
  deps: ActivityDeps,
  subject: DeliverySubject,
  record: DeliveryRecord,
): Promise<DeliveryRecord> {
  const { deliveries } = deps.models;
  // Another's attempt may be under way: it has until its deadline to come back with an answer.
  const wait = record.attempt > 1 ? record.deadline.getTime() + deps.clockSkewMs - Date.now() : 0;
  if (wait > 0 && !record.owner.startsWith(`${deps.nodeId}/`)) await delay(wait);
  const times = postTimes(subject.integration.operations.post!, Date.now());
  const mine = await untilAnswered(() =>
    deliveries
      .findOneAndUpdate(
        { _id: record._id, state: record.state, attempt: record.attempt },
        { $set: { ...times, owner: `${deps.nodeId}/${randomUUID()}` }, $inc: { attempt: 1 } },
        { returnDocument: 'after' },
      )
      .lean(),
  );
  if (!mine) return (await untilAnswered(() => deliveries.findById(record._id).lean().exec())) ?? record;
  const repost = mine.state === 'unknown' && subject.integration.idempotent;
  const { answer, exchange } = repost ? await postLead(deps, subject, mine) : await askStatus(deps, subject, mine);
  // What the buyer says about the repetition alone leaves the first post as unknown as it was: that it was not sent,
  // got no answer or an error (a 429, say), or is a duplicate, since it may be the first post that the buyer means.
  const aboutRepetition = answer.reason === 'duplicate' || answer.reason === 'buyer_error';
  if (answer.state === 'unknown' || answer.state === 'not_sent' || answer.state === mine.state || aboutRepetition) {
    if (exchange)
      await untilAnswered(() => deliveries.updateOne({ _id: mine._id }, { $push: { exchanges: exchange } }));
    return mine;
  }
  const push = exchange ? { exchanges: exchange } : undefined;
  const settled = await applySettlement(deps.models, mine._id, answer, {
    set: settleTime(subject.integration, answer.state),
    push,
  });
  return settled ?? (await untilAnswered(() => deliveries.findById(mine._id).lean().exec())) ?? mine;
}
