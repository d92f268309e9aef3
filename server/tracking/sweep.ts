import type { Logger } from '../../log/logger.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { createPeriodic } from '../periodic.ts';

const EVERY_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
const BATCH = 1_000;
/** What one sweep deletes at most; the next goes on. */
const BATCHES = 50;

export interface ClickSweepDeps {
  models: Pick<LeadModels, 'clicks'>;
  keepDays: number;
  log: Logger;
  now?: () => number;
}

/**
 * Deletes the visits that were kept long enough: their ids sort by time, so the old ones are one end of the index. A
 * lead has what its visit knew. Every node sweeps; deleting twice is harmless.
 */
export function createClickSweep({ models, keepDays, log, now = Date.now }: ClickSweepDeps) {
  const clicks = native<ClickRecord>(models.clicks);

  async function sweep(): Promise<number> {
    const old = { $lt: transactionIdsFrom(now() - keepDays * DAY_MS) };
    let deleted = 0;
    for (let batches = 0; batches < BATCHES; batches++) {
      const found = await clicks
        .find({ _id: old }, { sort: { _id: 1 }, projection: { _id: 1 }, limit: BATCH })
        .toArray();
      const last = found.at(-1);
      if (!last) break;
      deleted += (await clicks.deleteMany({ _id: { $lte: last._id } })).deletedCount;
      if (found.length < BATCH) break;
    }
    return deleted;
  }

  return { sweep, ...createPeriodic(sweep, EVERY_MS, log) };
}
