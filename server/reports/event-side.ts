import { isTrackingDimension, type Dimension } from '../../rules/report/dimensions.ts';
import type { Contribution } from './contribution.ts';
import type { ReportRequest } from './request.ts';
import { asksFor, groupOf, joinOne, leadPlaces, matching, nameOutcome, type Places, type Stage } from './stages.ts';

const HELD_BY_RECORD: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'source', 'event']);

/** What conversions brought, from the ledger: the revenue that somebody vouches for. */
export function conversionsOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const sum = { $sum: '$payout' };
  return {
    from: 'ledger',
    stages: [
      { $match: { ...own, kind: 'event' } },
      ...besideLead(request),
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
      ...besideLead(request),
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

const ofLead = leadPlaces('of.');
const places: Places = (dimension) => (HELD_BY_RECORD.has(dimension) ? dimension : ofLead(dimension));

/** Puts the lead beside a record, or the visit that has no lead yet, and keeps what the report's filters want. */
function besideLead(request: ReportRequest): Stage[] {
  if (!asksFor(request, (dimension) => !HELD_BY_RECORD.has(dimension))) return matching(request, places);
  const visits: Stage[] = asksFor(request, isTrackingDimension)
    ? [
        { $lookup: { from: 'clicks', localField: 'lead', foreignField: '_id', as: 'visits' } },
        { $addFields: { of: { $ifNull: ['$of', { $arrayElemAt: ['$visits', 0] }] } } },
      ]
    : [];
  return [...joinOne('leads', 'lead'), ...nameOutcome(request, 'of.'), ...visits, ...matching(request, places)];
}
