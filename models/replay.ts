import type { LeadModels } from './models.ts';
import { postbackRow, putRow } from './outbox.ts';
import { searchPostbacks, type PostbackFilter } from './postback-search.ts';
import type { Position } from './position.ts';

/** Which failed postbacks are tried anew; none of the properties: all. */
export type ReplaySearch = Omit<PostbackFilter, 'state'>;

export interface Replayed {
  /** How many. */
  count: number;
  /** Where to go on; absent when all were reached. */
  next?: Position;
}

/**
 * Makes failed postbacks be tried anew, the oldest first, from the first attempt on and with the ids they had. An
 * endpoint that is off is switched on. The rows left in the outbox let any running node go on. One that is being tried
 * is left alone, so that the same replay twice is one.
 *
 * @param limit most of them at a time
 */
export async function replayPostbacks(
  models: Pick<LeadModels, 'postbacks' | 'endpoints' | 'outbox'>,
  search: ReplaySearch,
  { limit, after }: { limit: number; after?: Position | undefined },
): Promise<Replayed> {
  const { postbacks, endpoints, outbox } = models;
  const { records, next } = await searchPostbacks(models, {
    ...search,
    state: 'failed',
    order: 'oldest',
    limit,
    after,
  });
  let count = 0;
  for (const { _id, lead, endpoint } of records) {
    // Before it: whoever dies in between leaves work that is found. After it: the row may be swept by then.
    await putRow(outbox, postbackRow({ _id, lead }));
    await endpoints.deleteOne({ _id: endpoint });
    const { modifiedCount } = await postbacks.updateOne(
      { _id, state: 'failed' },
      { $set: { state: 'open', attempts: 0, changedAt: new Date() }, $unset: { reason: '', status: '', nextAt: '' } },
    );
    await putRow(outbox, postbackRow({ _id, lead }));
    count += modifiedCount;
  }
  return { count, ...(next ? { next } : {}) };
}

/** The same for all of them, page by page. @returns how many */
export async function replayAll(
  models: Pick<LeadModels, 'postbacks' | 'endpoints' | 'outbox'>,
  search: ReplaySearch,
): Promise<number> {
  let total = 0;
  for (let after: Position | undefined; ;) {
    const { count, next } = await replayPostbacks(models, search, { limit: PAGE, after });
    total += count;
    if (!next) return total;
    after = next;
  }
}

const PAGE = 500;
