import { z } from 'zod';
import type { KeyHolder } from '../../config/key-holder.ts';
import type { CompiledConfiguration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { DELIVERY_STATES } from '../../rules/delivery.ts';
import { OUTCOMES } from '../../rules/outcome.ts';
import { reportDays, type ReportDays, type WantedDays } from '../../rules/report/days.ts';
import {
  DIMENSIONS,
  DIMENSIONS_OF,
  TRACKING_DIMENSIONS,
  type Dimension,
  type FilterName,
} from '../../rules/report/dimensions.ts';
import { isTimezone } from '../../rules/zone-clock.ts';
import { buyerId, campaignId, eventId, integrationId, sourceId } from '../../schema/ids.ts';

/** A lead without an outcome yet. */
export const PROCESSING = 'processing';

const MAX_DIMENSIONS = 5;
const anyDimension = `(?:${DIMENSIONS.join('|')})`;
const trackingFilter = z.string().min(1).max(1000).optional().describe('Only leads with this value');
type TrackingFilters = Record<(typeof TRACKING_DIMENSIONS)[number], typeof trackingFilter>;

/** The query of `GET /api/report`; a parameter it does not know is a mistake. */
export const reportQuery = z.strictObject({
  group_by: z
    .string()
    .regex(new RegExp(`^${anyDimension}(?:,${anyDimension}){0,${MAX_DIMENSIONS - 1}}$`), 'must be a list of dimensions')
    .optional()
    .describe(`Up to ${MAX_DIMENSIONS} dimensions, separated by commas, of ${DIMENSIONS.join(', ')}. Default day`),
  from: z.iso.date().optional().describe('First day. Default six days before `to`'),
  to: z.iso.date().optional().describe('Last day, inclusive. Default today'),
  timezone: z
    .string()
    .max(64)
    .refine(isTimezone, 'is no IANA time zone')
    .optional()
    .describe('IANA name of the zone whose days are meant. Default the time zone of `campaign`, or UTC'),
  format: z.enum(['json', 'csv']).optional().describe('Default by the Accept header, or json'),
  campaign: campaignId.optional(),
  source: sourceId.optional(),
  buyer: buyerId.optional(),
  outcome: z
    .enum([...new Set([...OUTCOMES, PROCESSING, ...DELIVERY_STATES])])
    .optional()
    .describe("A lead's outcome; for buyers, the state of a delivery"),
  listing: integrationId.optional().describe('Only this click listing. Operators only'),
  network: z.string().min(1).max(100).optional().describe('Only listings on this connector. Operators only'),
  event: eventId.optional().describe('Only what events of this id brought. Sellers only'),
  ...(Object.fromEntries(TRACKING_DIMENSIONS.map((name) => [name, trackingFilter])) as TrackingFilters),
});
export type ReportQuery = z.output<typeof reportQuery>;

/** Whose figures a report holds: an operator's are those of click listings. */
export type ReportOwner = Owner | { side: 'operator' };

/** A party that money moves to or from. */
export type Owner = { side: 'seller'; seller: string; source?: string } | { side: 'buyer'; buyer: string };

/** A report that may be made: everything about it has been checked. */
export interface ReportRequest {
  owner: ReportOwner;
  days: ReportDays;
  dimensions: readonly Dimension[];
  filters: Partial<Record<FilterName, string>>;
}

/**
 * What a key asks for with this query.
 *
 * @throws LeadwireError `dimension_not_allowed` for what its side may not see, `invalid_parameters` for days that
 * cannot be.
 */
export function reportRequest(
  query: ReportQuery,
  key: KeyHolder,
  { campaigns }: Pick<CompiledConfiguration, 'campaigns'>,
  now: number,
): ReportRequest {
  const owner: ReportOwner = key.kind === 'operator' ? { side: 'operator' } : ownerOf(key);
  const { group_by: groupBy = 'day', from, to, timezone, format: _format, ...filters } = query;
  const dimensions = [...new Set(groupBy.split(',') as Dimension[])];
  const given = Object.keys(filters) as FilterName[];
  const forbidden = [...dimensions, ...given].filter((dimension) => !DIMENSIONS_OF[owner.side].has(dimension));
  if (forbidden.length > 0) {
    const issues = [...new Set(forbidden)].map((path) => ({
      path,
      code: 'dimension_not_allowed',
      message: 'is not for this key',
    }));
    throw new LeadwireError('dimension_not_allowed', { issues });
  }
  const campaign = filters.campaign === undefined ? undefined : campaigns.get(filters.campaign);
  const zone = timezone ?? campaign?.campaign.timezone ?? 'UTC';
  return { owner, days: daysOf({ from, to, timezone: zone }, now), dimensions, filters };
}

/** The days that are asked for. Throws LeadwireError `invalid_parameters` for days that cannot be. */
export function daysOf(wanted: WantedDays, now: number): ReportDays {
  const days = reportDays(wanted, now);
  if (!('parameter' in days)) return days;
  const issues = [{ path: days.parameter, code: 'invalid_parameter', message: days.message }];
  throw new LeadwireError('invalid_parameters', { issues });
}

/** Whose figures a key may see. Throws LeadwireError `key_not_allowed`. */
export function ownerOf(key: KeyHolder): Owner {
  if (key.kind === 'buyer') return { side: 'buyer', buyer: key.buyer };
  if (key.kind === 'browser' || key.kind === 'operator') throw new LeadwireError('key_not_allowed');
  return { side: 'seller', seller: key.seller, ...(key.source === undefined ? {} : { source: key.source }) };
}
