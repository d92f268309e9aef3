import type { ConfigurationRuntime } from '../../config/runtime.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

/**
 * An integration of the newest version, with its campaign.
 *
 * @throws LeadwireError `unknown_integration`
 */
export function requireIntegration(config: Pick<ConfigurationRuntime, 'current'>, id: string) {
  const { integrations, campaigns } = config.current();
  const integration = integrations.get(id);
  const campaign = integration && campaigns.get(integration.campaign);
  if (!integration || !campaign) throw new LeadwireError('unknown_integration');
  return { integration, campaign };
}
