import type { Dimension } from '../../rules/report/dimensions.ts';
import type { Contribution } from './contribution.ts';
import type { ReportRequest } from './request.ts';
import { besideLead, groupOf, placesBeside } from './stages.ts';

const HELD_BY_RECORD: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'source', 'event']);

/** What conversions brought, from the ledger: the revenue that somebody vouches for. */
export function conversionsOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const sum = { $sum: '$payout' };
  return {
    from: 'ledger',
    stages: [
      { $match: { ...own, kind: 'event' } },
      ...besideLead(request, HELD_BY_RECORD),
      { $group: { _id: groupOf(request, places), revenue: sum, eventRevenue: sum } },
    ],
  };
}

/** How many events there were, and what nobody vouches for. */
export function eventsOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  return {
    from: 'events',
    stages: [
      { $match: { ...own, mode: 'live' } },
      ...besideLead(request, HELD_BY_RECORD),
      {
        $group: {
          _id: groupOf(request, places),
          events: { $sum: 1 },
          eventConversions: { $sum: { $cond: ['$conversion', 1, 0] } },
          unverifiedRevenue: { $sum: { $cond: ['$verified', 0, { $ifNull: ['$revenue', 0] }] } },
        },
      },
    ],
  };
}

const places = placesBeside(HELD_BY_RECORD);
