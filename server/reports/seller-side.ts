import type { Dimension } from '../../rules/report/dimensions.ts';
import type { Contribution } from './contribution.ts';
import type { Owner, ReportRequest } from './request.ts';
import { conversionsOf, eventsOf } from './event-side.ts';
import { listingsOf } from './listing-side.ts';
import {
  asksFor,
  costAt,
  groupOf,
  idsWithin,
  joinOne,
  leadPlaces,
  matching,
  microsOf,
  nameOutcome,
  type Places,
} from './stages.ts';

type Seller = Extract<Owner, { side: 'seller' }>;

/**
 * A seller's figures: its clicks and leads with what they cost, and from the ledger what it gets for them. Sandbox
 * records are in none of them; the ledger has none.
 */
export function sellerSide(request: ReportRequest, owner: Seller): Contribution[] {
  const { seller, source } = owner;
  const whose = { seller, ...(source === undefined ? {} : { source }) };
  const own = { _id: idsWithin(request.days), ...whose };
  const all = [leadsOf, salesOf, conversionsOf, eventsOf, clicksOf, lostClicksOf];
  return [...all.map((contribution) => contribution(request, own)), ...listingsOf(request, whose)];
}

function leadsOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const places = leadPlaces();
  return {
    from: 'leads',
    stages: [
      { $match: { ...own, mode: 'live' } },
      ...nameOutcome(request),
      ...matching(request, places),
      {
        $group: {
          _id: groupOf(request, places),
          leads: { $sum: 1 },
          cost: { $sum: costAt('$tracking') },
          adSpend: { $sum: microsOf('$tracking.adSpend') },
        },
      },
    ],
  };
}

const HELD_BY_LEDGER: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'source']);

/** Sales and returns, at what the seller gets for them: a return takes back what its sale gave. */
function salesOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const ofLead = leadPlaces('of.');
  const joins = asksFor(request, (dimension) => !HELD_BY_LEDGER.has(dimension));
  const places: Places = (dimension) => (HELD_BY_LEDGER.has(dimension) ? dimension : ofLead(dimension));
  return {
    from: 'ledger',
    stages: [
      { $match: { ...own, kind: { $in: ['sale', 'return'] } } },
      ...(joins ? [...joinOne('leads', 'lead'), ...nameOutcome(request, 'of.')] : []),
      ...matching(request, places),
      {
        $group: {
          _id: groupOf(request, places),
          ...SALES,
          revenue: { $sum: PAYOUT },
          recoveredRevenue: { $sum: { $cond: [{ $ifNull: ['$recovered', false] }, PAYOUT, 0] } },
        },
      },
    ],
  };
}

const BY_PEOPLE = { mode: 'live', device: { $ne: 'bot' } };
/** What the seller gets of a row: all of the amount where there were no payouts yet. */
export const PAYOUT = { $ifNull: ['$payout', '$amount'] };
const IS_RETURN = { $eq: ['$kind', 'return'] };
/** Counts of the ledger's rows: the sales that stand, and those that were given back. */
export const SALES = {
  conversions: { $sum: { $cond: [IS_RETURN, -1, 1] } },
  returns: { $sum: { $cond: [IS_RETURN, 1, 0] } },
};

/** Visits by people. A click has its lead's outcome. */
function clicksOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const places = leadPlaces();
  const joins = asksFor(request, (dimension) => dimension === 'outcome');
  return {
    from: 'clicks',
    stages: [
      { $match: { ...own, ...BY_PEOPLE } },
      ...(joins ? [...joinOne('leads', '_id'), ...nameOutcome(request, 'of.')] : []),
      ...matching(request, places),
      { $group: { _id: groupOf(request, places), clicks: { $sum: 1 } } },
    ],
  };
}

/** What the clicks cost that no lead came from: a lead's own record says what it cost with its click. */
function lostClicksOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const places = leadPlaces();
  // Most links name no cost, and looking for the leads of the others costs.
  const paid = { $or: [{ 'tracking.cost': { $exists: true } }, { 'tracking.adSpend': { $exists: true } }] };
  return {
    from: 'clicks',
    stages: [
      { $match: { ...own, ...BY_PEOPLE, ...paid } },
      ...joinOne('leads', '_id'),
      ...nameOutcome(request, 'of.'),
      { $match: { found: { $size: 0 } } },
      ...matching(request, places),
      {
        $group: {
          _id: groupOf(request, places),
          cost: { $sum: costAt('$tracking') },
          adSpend: { $sum: microsOf('$tracking.adSpend') },
        },
      },
    ],
  };
}
