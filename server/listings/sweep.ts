import { finishClick } from '../../activities/listing/count-click.ts';
import type { Logger } from '../../log/logger.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { ListingClickRecord } from '../../models/listing-click.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { offerIdsFrom } from '../../rules/listing.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { createPeriodic } from '../periodic.ts';
import { deleteBatch, SWEEP_BATCHES, SWEEP_EVERY_MS } from '../retention.ts';

const DAY_MS = 86_400_000;
/** A click that is open for longer was left by a node that died. */
const LEFT_AFTER_MS = 60_000;
const MOST = 1_000;

export interface ListingSweepDeps {
  models: Pick<LeadModels, 'listingAsks' | 'listingOffers' | 'listingClicks' | 'ledger' | 'caps'>;
  keepDays: number;
  log: Logger;
  now?: () => number;
}

/**
 * Finishes the clicks that a node left when it died, and deletes what was shown and asked long ago. What was clicked
 * stays: the ledger rests on it. Every node sweeps; doing it twice is harmless.
 */
export function createListingSweep({ models, keepDays, log, now = Date.now }: ListingSweepDeps) {
  async function sweep(): Promise<number> {
    const before = now() - keepDays * DAY_MS;
    await finishLeft(models, new Date(now() - LEFT_AFTER_MS));
    return (
      (await deleteOld(native<ListingOfferRecord>(models.listingOffers), offerIdsFrom(before))) +
      (await deleteOld(native<ListingAskRecord>(models.listingAsks), transactionIdsFrom(before)))
    );
  }

  return { sweep, ...createPeriodic(sweep, SWEEP_EVERY_MS, log) };
}

/** @returns how many clicks it finished */
export async function finishLeft(
  models: Pick<LeadModels, 'listingClicks' | 'ledger' | 'caps'>,
  until: Date,
): Promise<number> {
  const left = await untilAnswered(() =>
    native<ListingClickRecord>(models.listingClicks)
      .find({ open: true, state: 'counted', at: { $lte: until } })
      .limit(MOST)
      .toArray(),
  );
  for (const click of left) await finishClick(models, click);
  return left.length;
}

async function deleteOld<T extends { _id: string }>(
  records: ReturnType<typeof native<T>>,
  before: string,
): Promise<number> {
  let deleted = 0;
  for (let batches = 0; batches < SWEEP_BATCHES; batches++) {
    const batch = await deleteBatch(records, { $lt: before });
    deleted += batch.deleted;
    if (!batch.more) break;
  }
  return deleted;
}
