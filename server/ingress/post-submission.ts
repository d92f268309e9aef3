import type { CompiledCampaign } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { PingRecord } from '../../models/ping.ts';
import { joinTracking } from '../../rules/cost.ts';
import { invalidFields, readSubmission } from './submission.ts';

const MAX_BIDS = 100;

/**
 * Reads the post of a ping: the rest of the lead, and the bids the seller picks. What the ping said need not be said
 * again, and must not be said otherwise: buyers have bid on it. Of the tracking fields that holds for `min_price` only.
 * A post that only picks bids, of a lead that is there already, may leave the fields out.
 *
 * @throws LeadwireError `invalid_fields`, `ping_contradicted`
 */
export function readPost(
  campaign: CompiledCampaign,
  body: Record<string, unknown>,
  ping: PingRecord,
  lead: LeadRecord | null,
): Pick<LeadRecord, 'fields' | 'tracking'> & { chosen: string[] | undefined } {
  const known = lead ?? ping;
  const { fields, tracking } = readSubmission(campaign, body, 'post', known.fields);
  const contradicting = [
    ...Object.keys(fields).filter((name) => name in ping.fields && fields[name] !== ping.fields[name]),
    ...(tracking['min_price'] !== undefined && tracking['min_price'] !== ping.tracking['min_price']
      ? ['min_price']
      : []),
  ];
  if (contradicting.length > 0) {
    const contradictingFields = Object.fromEntries(contradicting.map((name) => [name, 'differs from the ping']));
    throw new LeadwireError('ping_contradicted', { body: { contradictingFields } });
  }
  return {
    fields: { ...known.fields, ...fields },
    tracking: joinTracking(known.tracking, tracking),
    chosen: readBids(body['bid_ids']),
  };
}

/** A list of bids, or, in a form, their ids with commas between them. */
function readBids(given: unknown): string[] | undefined {
  const list: unknown = typeof given === 'string' ? given.split(',').map((id) => id.trim()) : given;
  if (list === undefined || list === null || given === '') return undefined;
  const isList = Array.isArray(list) && list.length > 0 && list.length <= MAX_BIDS;
  if (isList && list.every((id): id is string => typeof id === 'string')) return [...new Set(list)];
  throw invalidFields({ invalid: { bid_ids: 'must be a list of ids of bids' } });
}
