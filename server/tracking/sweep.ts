import type { Logger } from '../../log/logger.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { createPeriodic } from '../periodic.ts';
import { deleteBatch, SWEEP_BATCHES, SWEEP_EVERY_MS } from '../retention.ts';

const DAY_MS = 86_400_000;

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
    for (let batches = 0; batches < SWEEP_BATCHES; batches++) {
      const batch = await deleteBatch(clicks, old);
      deleted += batch.deleted;
      if (!batch.more) break;
    }
    return deleted;
  }

  return { sweep, ...createPeriodic(sweep, SWEEP_EVERY_MS, log) };
}
