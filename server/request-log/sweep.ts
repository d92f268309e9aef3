import type { Logger } from '../../log/logger.ts';
import { native } from '../../models/native.ts';
import type { RequestLogModel, RequestRecord } from '../../models/request-log.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { createPeriodic } from '../periodic.ts';

const EVERY_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
const BATCH = 1_000;
/** What one sweep deletes at most; the next goes on. */
const BATCHES = 50;

export interface RequestSweepDeps {
  records: RequestLogModel;
  keepDays: number;
  log: Logger;
  now?: () => number;
}

/**
 * Deletes the requests that were kept long enough. Ids begin with the owner, then the time: the sweep goes from owner to
 * owner along the index and takes the old end of each. Every node sweeps; deleting twice is harmless.
 */
export function createRequestSweep({ records, keepDays, log, now = Date.now }: RequestSweepDeps) {
  const collection = native<RequestRecord>(records);

  async function sweep(): Promise<number> {
    const until = transactionIdsFrom(now() - keepDays * DAY_MS).slice('txn_'.length);
    let [deleted, after] = [0, ''];
    for (let batches = 0; batches < BATCHES;) {
      const first = await collection.findOne({ _id: { $gt: after } }, { sort: { _id: 1 }, projection: { _id: 1 } });
      if (!first) break;
      const owned = first._id.slice(0, first._id.lastIndexOf(':') + 1);
      const range = { $gte: owned, $lt: `${owned}${until}` };
      const batch = { sort: { _id: 1 as const }, projection: { _id: 1 }, limit: BATCH };
      const old = await collection.find({ _id: range }, batch).toArray();
      const last = old.at(-1);
      if (last) {
        batches++;
        deleted += (await collection.deleteMany({ _id: { $gte: owned, $lte: last._id } })).deletedCount;
      }
      // Behind everything of this owner: a character above those of ids.
      if (old.length < BATCH) after = `${owned}~`;
    }
    return deleted;
  }

  return { sweep, ...createPeriodic(sweep, EVERY_MS, log) };
}
