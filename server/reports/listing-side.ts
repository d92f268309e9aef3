import type { Dimension } from '../../rules/report/dimensions.ts';
import type { Contribution } from './contribution.ts';
import type { ReportRequest } from './request.ts';
import { besideLead, dayAt, groupOf, placesBeside, type Stage } from './stages.ts';

const HELD_BY_OFFER: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'source', 'listing', 'network']);

/**
 * What offers of click networks brought the exchange: how often they were shown and clicked, what the networks owe for
 * that, and what sellers get of it. Days are those on which it happened.
 */
export function listingsOfAll(request: ReportRequest): Contribution[] {
  const [owed, paid] = [{ $sum: '$amount' }, { $sum: '$payout' }];
  const money = { listingRevenue: owed, revenue: owed, listingPayout: paid, payout: paid };
  return [impressionsOf(request, {}), clicksOf(request, {}, money)];
}

/** The same of one seller's sources, as far as it concerns the seller: its revenue is what it gets. */
export function listingsOf(request: ReportRequest, own: Record<string, unknown>): Contribution[] {
  const gets = { $sum: '$payout' };
  return [impressionsOf(request, own), clicksOf(request, own, { listingRevenue: gets, revenue: gets })];
}

function impressionsOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  return {
    from: 'listingOffers',
    stages: [
      { $match: { ...own, mode: 'live', at: within(request) } },
      ...besideLead(request, HELD_BY_OFFER),
      { $group: { _id: groupOf(request, places, dayAt), listingImpressions: { $sum: 1 } } },
    ],
  };
}

/** From the ledger, which holds each click that counts once, under the name of its listing as its integration. */
function clicksOf(request: ReportRequest, own: Record<string, unknown>, money: Record<string, unknown>): Contribution {
  const named: Stage[] = [{ $addFields: { listing: '$integration' } }];
  return {
    from: 'ledger',
    stages: [
      { $match: { ...own, kind: 'click', at: within(request) } },
      ...named,
      ...besideLead(request, HELD_BY_OFFER),
      { $group: { _id: groupOf(request, places, dayAt), listingClicks: { $sum: 1 }, ...money } } as Stage,
    ],
  };
}

const places = placesBeside(HELD_BY_OFFER);

function within({ days: { bounds } }: ReportRequest): { $gte: Date; $lt: Date } {
  return { $gte: new Date(bounds[0]!), $lt: new Date(bounds.at(-1)!) };
}
