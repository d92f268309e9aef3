import type { CompiledCampaign, CompiledConfiguration, CompiledIntegration } from '../config/compile.ts';
import type { LiveConfiguration } from '../config/live.ts';
import { checkEligibility, type Eligibility } from '../rules/eligibility.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { leadView } from './mapping-context.ts';

/** The first reason why a lead may not go to an integration; undefined when it may. */
export type Eligible = (
  integration: CompiledIntegration,
  captured: Record<string, unknown>,
) => Extract<Eligibility, { eligible: false }> | undefined;

/**
 * Prepares the check of a lead against many integrations: rules, schedules and areas as of the lead's version; pauses
 * and cap maxima as they are now.
 */
export async function eligibilityOf(
  deps: Pick<ActivityDeps, 'config' | 'counters'>,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integrations: readonly CompiledIntegration[],
): Promise<Eligible> {
  const at = new Date();
  const live = deps.config.live();
  const sandbox = lead.mode === 'test';
  const filters = new Map(integrations.map((integration) => [integration.id, liveFilters(live, integration)]));
  const windows = sandbox ? [] : [...filters.values()].flatMap((own) => own.capWindows(at).map(({ id }) => id));
  const counters = windows.length > 0 ? await deps.counters.read(windows) : new Map<string, number>();
  const now = campaign.ruleNow(at);
  const place = campaign.fields.placeOf(lead.fields);
  return (integration, captured) => {
    const checked = checkEligibility(
      {
        filters: filters.get(integration.id) ?? integration.filters,
        paused: live.isPaused('integrations', integration.id),
        buyerPaused: integration.buyer !== undefined && live.isPaused('buyers', integration.buyer),
        hasTestEndpoint: Object.values(integration.operations).every((operation) => operation.hasTestUrl),
      },
      {
        at,
        sandbox,
        place,
        data: {
          lead: leadView(lead, captured),
          source: { id: lead.source },
          campaign: { id: lead.campaign },
          now,
        },
        counters,
        isHealthy: () => true,
      },
    );
    return checked.eligible ? undefined : checked;
  };
}

function liveFilters(live: LiveConfiguration, integration: CompiledIntegration): CompiledIntegration['filters'] {
  const current = live.integrations.get(integration.id);
  return current ? { ...integration.filters, capWindows: current.filters.capWindows } : integration.filters;
}

/** Cap windows an integration's deliveries count in now. */
export function liveCapWindows(live: CompiledConfiguration, integration: string, at: Date) {
  return live.integrations.get(integration)?.filters.capWindows(at) ?? [];
}
