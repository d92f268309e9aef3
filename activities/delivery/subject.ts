import type { CompiledCampaign, CompiledIntegration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ActivityDeps } from '../deps.ts';
import type { LeadFacts } from '../lead-records.ts';

/** A lead and the integration it is delivered to, as configured at the lead's revision. */
export interface DeliverySubject {
  lead: LeadFacts;
  campaign: CompiledCampaign;
  integration: CompiledIntegration;
  captured: Record<string, unknown>;
}

/**
 * The campaign of a lead as configured at a revision: the lead's own, or the one its buyers were last pinged under.
 */
export async function campaignOf(
  deps: Pick<ActivityDeps, 'config'>,
  lead: LeadFacts,
  revision = lead.revision,
): Promise<CompiledCampaign> {
  const campaign = (await deps.config.at(revision)).campaigns.get(lead.campaign);
  if (!campaign) throw new LeadwireError('unknown_version');
  return campaign;
}

export function integrationOf(campaign: CompiledCampaign, id: string): CompiledIntegration {
  const integration = campaign.integrations.get(id);
  if (!integration) throw new LeadwireError('unknown_version');
  return integration;
}
