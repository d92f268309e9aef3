import type { CompiledCampaign, CompiledConfiguration, CompiledIntegration } from '../config/compile.ts';
import type { LiveConfiguration } from '../config/live.ts';
import {
  checkEligibility,
  type Eligibility,
  type EligibilityFacts,
  type EligibilityInput,
} from '../rules/eligibility.ts';
import type { RuleFacts } from '../rules/logic.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { leadForRules, type LeadForRules } from './rule-data.ts';

/** The check of one lead against the integrations of its campaign. */
export interface Eligible {
  /** Whether the lead may go there, and under which conditions; or the first reason why not. */
  check(integration: CompiledIntegration): Eligibility;
  /** What `check` goes by. */
  input(integration: CompiledIntegration): EligibilityInput;
  facts(integration: CompiledIntegration): EligibilityFacts;
  /** Lets rules see what integrations before the ping have captured. */
  learn(captured: Record<string, unknown>): Promise<void>;
  /** 0 to 100; absent in a campaign that does not score. */
  score(): LeadForRules['score'];
  /** What follows from the lead, all of it found out. */
  leadFacts(): RuleFacts;
}

export type EligibleDeps = Pick<ActivityDeps, 'config' | 'counters' | 'lists' | 'places' | 'clocks' | 'figures'>;

/**
 * Prepares the check of a lead against many integrations: rules, schedules and areas as of the lead's version; pauses
 * and cap maxima as they are now. Counters, lists and figures are asked for all of them at once.
 */
export async function eligibilityOf(
  deps: EligibleDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integrations: readonly CompiledIntegration[],
  at = new Date(),
): Promise<Eligible> {
  const live = deps.config.live();
  const sandbox = lead.mode === 'test';
  const filters = new Map(integrations.map((integration) => [integration.id, liveFilters(live, integration)]));
  const windows = sandbox ? [] : [...filters.values()].flatMap((own) => own.capWindows(at).map(({ id }) => id));
  const counters = windows.length > 0 ? await deps.counters.read(windows) : new Map<string, number>();
  const prepare = (captured: Record<string, unknown>) =>
    leadForRules(deps, lead, campaign, integrations, { at, captured });
  let known = await prepare({});
  const eligible: Eligible = {
    check: (integration) => checkEligibility(eligible.input(integration), eligible.facts(integration)),
    input: (integration) => ({
      filters: filters.get(integration.id) ?? integration.filters,
      paused: live.isPaused('integrations', integration.id),
      buyerPaused: integration.buyer !== undefined && live.isPaused('buyers', integration.buyer),
      hasTestEndpoint: Object.values(integration.operations).every((operation) => operation.hasTestUrl),
    }),
    facts: (integration) => ({
      at,
      sandbox,
      place: known.place,
      data: known.dataFor({ id: integration.id, ...deps.figures.of(integration.id) }),
      hasList: known.hasList,
      counters,
      isHealthy: () => true,
    }),
    async learn(captured) {
      if (Object.keys(captured).length > 0) known = await prepare(captured);
    },
    score: () => known.score,
    leadFacts: () => ({ ...known.facts }),
  };
  return eligible;
}

function liveFilters(live: LiveConfiguration, integration: CompiledIntegration): CompiledIntegration['filters'] {
  const current = live.integrations.get(integration.id);
  return current ? { ...integration.filters, capWindows: current.filters.capWindows } : integration.filters;
}

/** Cap windows an integration's deliveries count in now. */
export function liveCapWindows(live: CompiledConfiguration, integration: string, at: Date) {
  return live.integrations.get(integration)?.filters.capWindows(at) ?? [];
}
