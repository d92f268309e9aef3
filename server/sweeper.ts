import { applySettlement, settleDelivery } from '../activities/delivery/settle.ts';
import type { Logger } from '../log/logger.ts';
import type { LeadModels } from '../models/models.ts';
import { createPeriodic } from './periodic.ts';

const EVERY_MS = 5_000;
/** A place younger than this belongs to a delivery in progress. */
const STALE_MS = 60_000;

export interface SweeperDeps {
  models: LeadModels;
  log: Logger;
  clockSkewMs: number;
}

/**
 * Finds cap places that a dead or frozen node left open: a delivery that never got past `reserving` is given up, one
 * that has settled gets its places settled too. Each step is harmless to repeat, so every node sweeps.
 */
export function createSweeper({ models, log, clockSkewMs }: SweeperDeps) {
  async function sweepDelivery(id: string): Promise<void> {
    const delivery = await models.deliveries.findById(id).lean();
    if (!delivery || Date.now() - delivery.changedAt.getTime() < STALE_MS + clockSkewMs) return;
    if (delivery.state === 'reserving') {
      const only = { owner: delivery.owner };
      await applySettlement(models, id, { state: 'not_sent', reason: 'abandoned' }, { only });
    } else {
      await settleDelivery(models, delivery);
    }
  }

  async function sweep(): Promise<void> {
    const windows = await models.caps.find({ 'open.0': { $exists: true } }, { open: 1 }).lean();
    for (const id of new Set(windows.flatMap(({ open }) => open))) await sweepDelivery(id);
  }

  return { sweep, ...createPeriodic(sweep, EVERY_MS, log) };
}
