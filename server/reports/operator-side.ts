import type { DeliveryState } from '../../rules/delivery.ts';
import type { Dimension } from '../../rules/report/dimensions.ts';
import { REACHED } from './buyer-side.ts';
import type { Contribution } from './contribution.ts';
import { listingsOfAll } from './listing-side.ts';
import type { ReportRequest } from './request.ts';
import { PAYOUT, SALES } from './seller-side.ts';
import { asksFor, besideLead, groupOf, idsWithin, leadPlaces, matching, nameOutcome, placesBeside } from './stages.ts';

/** What a delivery and a row of the ledger hold; listing and network are of neither, and no lead tells them. */
const HELD: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'source', 'buyer', 'listing', 'network']);
const places = placesBeside(HELD);

/**
 * The exchange's own figures: the leads that came in, and from the ledger what buyers and click networks owe for them
 * and what sellers get of it.
 */
export function operatorSide(request: ReportRequest): Contribution[] {
  // A lead is no buyer's: where buyers are told apart, leads are counted as often as they were posted.
  const byBuyer = asksFor(request, (dimension) => dimension === 'buyer');
  const leads = byBuyer ? deliveriesOf(request) : leadsOf(request);
  return [leads, salesOf(request), eventsOf(request), ...listingsOfAll(request)];
}

function leadsOf(request: ReportRequest): Contribution {
  const ofLead = leadPlaces();
  return {
    from: 'leads',
    stages: [
      { $match: { _id: idsWithin(request.days), mode: 'live' } },
      ...nameOutcome(request),
      ...matching(request, ofLead),
      { $group: { _id: groupOf(request, ofLead), leads: { $sum: 1 } } },
    ],
  };
}

function deliveriesOf(request: ReportRequest): Contribution {
  const state: { $in: DeliveryState[] } = { $in: [...REACHED] };
  return {
    from: 'deliveries',
    stages: [
      { $match: { _id: idsWithin(request.days), mode: 'live', state } },
      ...besideLead(request, HELD),
      { $group: { _id: groupOf(request, places), leads: { $sum: 1 } } },
    ],
  };
}

function salesOf(request: ReportRequest): Contribution {
  return {
    from: 'ledger',
    stages: [
      { $match: { _id: idsWithin(request.days), kind: { $in: ['sale', 'return'] } } },
      ...besideLead(request, HELD),
      {
        $group: {
          _id: groupOf(request, places),
          ...SALES,
          revenue: { $sum: '$amount' },
          payout: { $sum: PAYOUT },
          recoveredRevenue: { $sum: { $cond: [{ $ifNull: ['$recovered', false] }, '$amount', 0] } },
        },
      },
    ],
  };
}

/** What sellers get by events: no buyer owes it. */
function eventsOf(request: ReportRequest): Contribution {
  return {
    from: 'ledger',
    stages: [
      { $match: { _id: idsWithin(request.days), kind: 'event' } },
      ...besideLead(request, HELD),
      { $group: { _id: groupOf(request, places), payout: { $sum: '$payout' } } },
    ],
  };
}
