import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import type { KeyHolder } from '../../config/api-keys.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { LeadRecord } from '../../models/lead.ts';

/** What a seller may post to: the campaign, and the seller behind the source. */
export interface Destination {
  campaign: CompiledCampaign;
  source: string;
  seller: string;
}

/** Finds the campaign and checks that this key's source may post to it. */
export function destinationOf(configuration: CompiledConfiguration, cid: string, key: KeyHolder): Destination {
  const campaign = configuration.campaigns.get(cid);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  const source = configuration.sources.get(key.source);
  if (!source || source.paused) throw new LeadwireError('source_inactive');
  if (source.campaigns && !source.campaigns.includes(cid)) throw new LeadwireError('campaign_not_allowed');
  if (campaign.campaign.paused) throw new LeadwireError('campaign_paused');
  return { campaign, source: source.id, seller: source.seller };
}

/**
 * Normalises and validates what was posted against the campaign's fields and the standard tracking fields. Fields that
 * neither knows are not stored.
 *
 * @throws LeadwireError `invalid_fields` naming every missing and invalid field at once; values are never quoted.
 */
export function readSubmission(
  campaign: CompiledCampaign,
  body: Record<string, unknown>,
): Pick<LeadRecord, 'fields' | 'tracking'> {
  const fields = campaign.fields.normalise(body, 'post');
  const tracking = TRACKING_FIELDS.normalise(body, 'post');
  const invalid = [...fields.invalid, ...tracking.invalid];
  if (fields.missing.length > 0 || invalid.length > 0) {
    throw new LeadwireError('invalid_fields', {
      body: {
        missingFields: Object.fromEntries(fields.missing.map((field) => [field, 'is required'])),
        invalidFields: Object.fromEntries(invalid.map(({ field, message }) => [field, message])),
      },
    });
  }
  return { fields: fields.values, tracking: tracking.values };
}
