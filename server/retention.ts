import type { mongo } from 'mongoose';

/** How often a node looks for records that were kept long enough. */
export const SWEEP_EVERY_MS = 10 * 60_000;
/** Batches that one sweep deletes at most; the next goes on. */
export const SWEEP_BATCHES = 50;
const BATCH = 1_000;

/**
 * Deletes the first batch of records whose ids lie in a range, in the order of their ids.
 *
 * @returns how many went, and whether there may be more
 */
export async function deleteBatch<T extends { _id: string }>(
  records: mongo.Collection<T>,
  range: { $gte?: string; $lt: string },
): Promise<{ deleted: number; more: boolean }> {
  const found = await records
    .find({ _id: range } as never, { sort: { _id: 1 }, projection: { _id: 1 }, limit: BATCH })
    .toArray();
  const last = found.at(-1);
  if (!last) return { deleted: 0, more: false };
  const upTo = { ...(range.$gte === undefined ? {} : { $gte: range.$gte }), $lte: last._id };
  const { deletedCount } = await records.deleteMany({ _id: upTo } as never);
  return { deleted: deletedCount, more: found.length === BATCH };
}
