import { LeadwireError } from '../errors/leadwire-error.ts';
import type { NoticeName } from '../schema/integration.ts';
import { FOLLOW_UP_STATES, type FollowUpRecord, type FollowUpState } from './follow-up.ts';
import type { Mode } from './origin.ts';
import type { LeadModels } from './models.ts';
import { native } from './native.ts';
import { followUpRow, putRow } from './outbox.ts';
import { readPage, type Page, type PageWanted } from './page.ts';
import type { Position } from './position.ts';
import type { Replayed } from './replay.ts';

type Models = Pick<LeadModels, 'followUps' | 'outbox'>;

/** Which follow-ups; without any property all of them. */
export interface FollowUpFilter {
  id?: string | undefined;
  state?: FollowUpState | undefined;
  integration?: string | undefined;
  /** What is told later; `deliver`: what follows an outcome or an event. */
  operation?: NoticeName | 'deliver' | undefined;
  campaign?: string | undefined;
  /** Transaction id. */
  lead?: string | undefined;
  /** When they were made: not before `from`, before `to`. */
  from?: Date | undefined;
  to?: Date | undefined;
  mode?: Mode | undefined;
}

/** One page of the follow-ups. */
export function searchFollowUps(
  { followUps }: Pick<Models, 'followUps'>,
  { limit, order, after, ...filter }: FollowUpFilter & PageWanted,
): Promise<Page<FollowUpRecord>> {
  return readPage<FollowUpRecord>(followUps, conditionsOf(filter), { limit, order, after });
}

/** @throws LeadwireError `follow_up_not_found` */
export async function requireFollowUp(
  { followUps }: Pick<Models, 'followUps'>,
  filter: FollowUpFilter & { id: string },
): Promise<FollowUpRecord> {
  const found = await native<FollowUpRecord>(followUps).findOne({ $and: conditionsOf(filter) });
  if (!found) throw new LeadwireError('follow_up_not_found');
  return found;
}

/**
 * Makes failed follow-ups be tried anew, the oldest first, from the first attempt on and with the ids they had. The rows
 * left in the outbox let any running node go on. What is tried or done is left alone, so that the same replay twice is
 * one.
 *
 * @param limit most of them at a time
 */
export async function replayFollowUps(
  models: Models,
  filter: Omit<FollowUpFilter, 'state'>,
  { limit, after }: { limit: number; after?: Position | undefined },
): Promise<Replayed> {
  const { followUps, outbox } = models;
  const { records, next } = await searchFollowUps(models, {
    ...filter,
    state: 'failed',
    order: 'oldest',
    limit,
    after,
  });
  let count = 0;
  for (const record of records) {
    // Before it: whoever dies in between leaves work that is found. After it: the row may be swept by then.
    await putRow(outbox, followUpRow(record));
    const { modifiedCount } = await native<FollowUpRecord>(followUps).updateOne(
      { _id: record._id, state: 'failed' },
      { $set: { state: 'open', attempts: 0, changedAt: new Date() }, $unset: { reason: '', status: '', nextAt: '' } },
    );
    await putRow(outbox, followUpRow(record));
    count += modifiedCount;
  }
  return { count, ...(next ? { next } : {}) };
}

/** The same for all of them, page by page. @returns how many */
export async function replayAllFollowUps(models: Models, filter: Omit<FollowUpFilter, 'state'>): Promise<number> {
  let total = 0;
  for (let after: Position | undefined; ;) {
    const { count, next } = await replayFollowUps(models, filter, { limit: PAGE, after });
    total += count;
    if (!next) return total;
    after = next;
  }
}

const PAGE = 500;

/** Every property is told, so that each of the collection's indexes is read in its order. */
function conditionsOf(filter: FollowUpFilter): Record<string, unknown>[] {
  const { id, state, integration, operation, campaign, lead, from, to, mode } = filter;
  const plain = Object.entries({ _id: id, integration, campaign, lead, mode }).filter(
    ([, value]) => value !== undefined,
  );
  return [
    { ...Object.fromEntries(plain), state: state ?? { $in: FOLLOW_UP_STATES } },
    ...(operation === undefined ? [] : [{ operation: operation === 'deliver' ? { $exists: false } : operation }]),
    // Ids begin with the transaction's.
    ...(lead === undefined ? [] : [{ _id: { $gt: `${lead}:`, $lt: `${lead};` } }]),
    ...(from === undefined ? [] : [{ createdAt: { $gte: from } }]),
    ...(to === undefined ? [] : [{ createdAt: { $lt: to } }]),
  ];
}
