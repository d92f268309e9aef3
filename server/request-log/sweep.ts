import type { Logger } from '../../log/logger.ts';
import { native } from '../../models/native.ts';
import type { RequestLogModel, RequestRecord } from '../../models/request-log.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { createPeriodic } from '../periodic.ts';
import { deleteBatch, SWEEP_BATCHES, SWEEP_EVERY_MS } from '../retention.ts';

const DAY_MS = 86_400_000;

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
    for (let batches = 0; batches < SWEEP_BATCHES;) {
      const first = await collection.findOne({ _id: { $gt: after } }, { sort: { _id: 1 }, projection: { _id: 1 } });
      if (!first) break;
      const owned = first._id.slice(0, first._id.lastIndexOf(':') + 1);
      const batch = await deleteBatch(collection, { $gte: owned, $lt: `${owned}${until}` });
      if (batch.deleted > 0) batches++;
      deleted += batch.deleted;
      // Behind everything of this owner: a character above those of ids.
      if (!batch.more) after = `${owned}~`;
    }
    return deleted;
  }

  return { sweep, ...createPeriodic(sweep, SWEEP_EVERY_MS, log) };
}
