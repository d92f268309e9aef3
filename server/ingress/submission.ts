import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import type { BrowserKey, SellerKey } from '../../config/key-holder.ts';
import { sourceOf } from '../../config/sources.ts';
import type { Stage } from '../../rules/fields.ts';
import { agreedTerms } from '../../rules/payout.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { LeadRecord } from '../../models/lead.ts';

/** What a seller may post to: the campaign, and the seller behind the source. */
export interface Destination {
  campaign: CompiledCampaign;
  source: string;
  seller: string;
}

/** Finds the campaign and checks that the key's source, or the one that `pid` names, may post to it. */
export function destinationOf(
  configuration: CompiledConfiguration,
  cid: string,
  key: SellerKey | BrowserKey,
  pid: unknown,
): Destination {
  const campaign = configuration.campaigns.get(cid);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  const source = sourceOf(configuration, key, pid);
  if (source.campaigns && !source.campaigns.includes(cid)) throw new LeadwireError('campaign_not_allowed');
  if (campaign.campaign.paused) throw new LeadwireError('campaign_paused');
  return { campaign, source: source.id, seller: source.seller };
}

/** What the source gets of a price in this campaign, as a record holds it. */
export function payoutTermsOf(
  { sources }: Pick<CompiledConfiguration, 'sources'>,
  { source, campaign }: Pick<Destination, 'source' | 'campaign'>,
): Required<Pick<LeadRecord, 'payout'>> {
  return { payout: agreedTerms(sources.get(source) ?? {}, campaign.campaign) };
}

/**
 * Normalises and validates what was posted against the campaign's fields and the standard tracking fields. Fields that
 * neither knows are not stored.
 *
 * @param known fields that are known already, from the ping that is being posted: they need not come again
 * @throws LeadwireError `invalid_fields` naming every missing and invalid field at once; values are never quoted.
 */
export function readSubmission(
  campaign: CompiledCampaign,
  body: Record<string, unknown>,
  stage: Stage,
  known: LeadRecord['fields'] = {},
): Pick<LeadRecord, 'fields' | 'tracking'> {
  const fields = campaign.fields.normalise(body, stage);
  const tracking = TRACKING_FIELDS.normalise(body, stage);
  const missing = fields.missing.filter((name) => !Object.hasOwn(known, name));
  const invalid = [...fields.invalid, ...tracking.invalid];
  if (missing.length > 0 || invalid.length > 0) {
    throw invalidFields({
      missing,
      invalid: Object.fromEntries(invalid.map(({ field, message }) => [field, message])),
    });
  }
  return { fields: fields.values, tracking: tracking.values };
}

/** What is wrong with a request's fields, by their names. Messages quote no values. */
export function invalidFields({
  missing = [],
  invalid = {},
}: {
  missing?: readonly string[];
  invalid?: Record<string, string>;
}): LeadwireError {
  const missingFields = Object.fromEntries(missing.map((field) => [field, 'is required']));
  return new LeadwireError('invalid_fields', { body: { missingFields, invalidFields: invalid } });
}
