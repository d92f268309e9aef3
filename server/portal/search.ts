import { native } from '../../models/native.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { Mode } from '../../models/origin.ts';
import type { LeadModels } from '../../models/models.ts';
import type { PortalRecord, PortalState } from '../../models/portal.ts';
import type { Micros } from '../../rules/money.ts';

export type PortalModels = Pick<LeadModels, 'deliveries' | 'portal'>;

/** A lead that a buyer has bought and may see, with what it paid. */
export interface PortalLead extends PortalRecord {
  price: Micros;
}

export interface PortalPage {
  leads: PortalLead[];
  /** Id of the last record that was looked at; absent when there are no more. */
  after?: string;
}

/** One page of what waits for a buyer, or was taken by it, the oldest leads first. A page may hold fewer than `limit`. */
export async function searchPortal(
  models: PortalModels,
  wanted: { buyer: string; mode: Mode; state: PortalState; limit: number; after?: string | undefined },
): Promise<PortalPage> {
  const { after, limit, ...filter } = wanted;
  return page(models, { ...filter, ...(after === undefined ? {} : { _id: { $gt: after } }) }, limit);
}

/** One page of the leads that no buyer took in time, the oldest first. */
export async function searchForgotten(
  models: PortalModels,
  { mode, now, limit, after }: { mode: Mode; now: Date; limit: number; after?: string | undefined },
): Promise<PortalPage> {
  const newer = after === undefined ? {} : { _id: { $gt: after } };
  return page(models, { state: 'new', mode, expiresAt: { $lte: now }, ...newer }, limit);
}

/** What is kept of one lead for a buyer: more than one only where it bought a shared lead twice. */
export async function portalLeadsOf(
  models: PortalModels,
  { lead, buyer, mode }: { lead: string; buyer: string; mode: Mode },
): Promise<PortalLead[]> {
  // Ids are `transaction_id:round`, and ; is what follows a colon.
  const { leads } = await page(models, { _id: { $gte: `${lead}:`, $lt: `${lead};` }, buyer, mode }, 100);
  return leads;
}

async function page(models: PortalModels, filter: object, limit: number): Promise<PortalPage> {
  const found = await untilAnswered(() =>
    native<PortalRecord>(models.portal)
      .find(filter)
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray(),
  );
  const records = found.slice(0, limit);
  const last = records.at(-1);
  const leads = await bought(models, records);
  return found.length > limit && last ? { leads, after: last._id } : { leads };
}

/** Of these the ones whose sale stands: neither refused since, nor given back. */
async function bought({ deliveries }: PortalModels, records: readonly PortalRecord[]): Promise<PortalLead[]> {
  if (records.length === 0) return [];
  const accepted = await untilAnswered(() =>
    native<DeliveryRecord>(deliveries)
      .find({ _id: { $in: records.map(({ _id }) => _id) }, state: 'accepted' })
      .project<Pick<DeliveryRecord, '_id' | 'price' | 'bid'>>({ _id: 1, price: 1, 'bid.price': 1 })
      .toArray(),
  );
  const prices = new Map(accepted.map(({ _id, price, bid }) => [_id, price ?? bid.price]));
  return records.flatMap((record) => {
    const price = prices.get(record._id);
    return price === undefined ? [] : [{ ...record, price }];
  });
}
