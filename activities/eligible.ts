import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { LiveConfiguration } from '../config/live.ts';
import {
  checkEligibility,
  type CapLead,
  type Eligibility,
  type EligibilityFacts,
  type EligibilityInput,
} from '../rules/eligibility.ts';
import type { CapWindow } from '../rules/caps.ts';
import { zoneOfLead } from '../rules/geo/lead-zone.ts';
import { locate } from '../rules/geo/place-of.ts';
import type { RuleFacts } from '../rules/logic.ts';
import type { Buyer } from '../schema/campaign.ts';
import { creditCheck, type CreditCheck } from '../rules/billing.ts';
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

export type EligibleDeps = Pick<
  ActivityDeps,
  'config' | 'counters' | 'buyerHistory' | 'lists' | 'places' | 'clocks' | 'figures' | 'health'
>;

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
  const counted = capLead(deps, lead, campaign);
  const windows = sandbox ? [] : idsOf([...filters.values()].flatMap((own) => own.capWindows(at, counted)));
  const credit = sandbox ? new Map<string, CreditCheck>() : creditChecks(live, campaign, integrations);
  windows.push(...new Set([...credit.values()].map(({ account }) => account)));
  const [counters, hadBefore] = await Promise.all([
    windows.length > 0 ? deps.counters.read(windows) : new Map<string, number>(),
    sandbox ? undefined : deps.buyerHistory.hadBefore(buyersOf(live, integrations), lead),
  ]);
  const prepare = (captured: Record<string, unknown>) =>
    leadForRules(deps, lead, campaign, integrations, { at, captured });
  let known = await prepare({});
  const eligible: Eligible = {
    check: (integration) => checkEligibility(eligible.input(integration), eligible.facts(integration)),
    input: (integration) => ({
      filters: filters.get(integration.id) ?? integration.filters,
      paused: live.isPaused('integrations', integration.id),
      buyerPaused: integration.buyer !== undefined && live.isPaused('buyers', integration.buyer),
      blocked: blockedOn(live, integration),
      codeNotAllowed: integration.codeNotAllowed,
      hasTestEndpoint: integration.hasTestEndpoint,
      credit: credit.get(integration.id),
    }),
    facts: (integration) => ({
      at,
      sandbox,
      place: known.place,
      data: known.dataFor({
        id: integration.id,
        days_to_pay: integration.daysToPay,
        ...deps.figures.of(integration.id),
      }),
      hasList: known.hasList,
      counters,
      ...(hadBefore ? { hadBefore } : {}),
      isHealthy: (id) => sandbox || deps.health.isOpenTo(id, lead._id),
    }),
    async learn(captured) {
      if (Object.keys(captured).length > 0) known = await prepare(captured);
    },
    score: () => known.score,
    leadFacts: () => ({ ...known.facts }),
  };
  return eligible;
}

/** What the buyers with billing may owe, by integration: read live, as caps are. */
function creditChecks(
  live: LiveConfiguration,
  { settings }: CompiledCampaign,
  integrations: readonly CompiledIntegration[],
): Map<string, CreditCheck> {
  const checks = new Map<string, CreditCheck>();
  if (live.credit.size === 0) return checks;
  for (const { id, buyer = '', price = settings.minPrice } of integrations) {
    const terms = live.credit.get(buyer);
    if (terms) checks.set(id, creditCheck(buyer, terms, price));
  }
  return checks;
}

/** A connector that was blocked stops what runs on it whatever version of the configuration a lead has. */
function blockedOn(live: LiveConfiguration, integration: CompiledIntegration): EligibilityInput['blocked'] {
  const block = live.blockOf(integration);
  return block && { connector: integration.connectorKey ?? '', why: block.reason };
}

function liveFilters(live: LiveConfiguration, integration: CompiledIntegration): CompiledIntegration['filters'] {
  const current = live.integrations.get(integration.id);
  return current ? { ...integration.filters, capWindows: current.filters.capWindows } : integration.filters;
}

/** The windows that an integration's deliveries of a lead count in now, and what their maxima are now. */
export function liveCapWindows(
  deps: Pick<ActivityDeps, 'config' | 'places'>,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: string,
  at: Date,
): readonly CapWindow[] {
  const { integrations } = deps.config.live();
  return integrations.get(integration)?.filters.capWindows(at, capLead(deps, lead, campaign)) ?? [];
}

function capLead(
  { places }: Pick<ActivityDeps, 'places'>,
  { source, fields }: LeadFacts,
  campaign: Pick<CompiledCampaign, 'fields'>,
): CapLead {
  const { placeOf, phoneOf } = campaign.fields;
  const zone = () => {
    const place = locate(placeOf(fields), places);
    return zoneOfLead(place, phoneOf(fields), places) ?? null;
  };
  return { source, zone };
}

function idsOf(windows: readonly CapWindow[]): string[] {
  return [...new Set(windows.map(({ id }) => id))];
}

/** The buyers among the integrations that do not want the same lead twice. */
function buyersOf({ buyers }: LiveConfiguration, integrations: readonly CompiledIntegration[]): Buyer[] {
  const ids = new Set(integrations.map(({ filters }) => filters.buyer ?? ''));
  return [...ids].flatMap((id) => {
    const buyer = buyers.get(id);
    return buyer?.dedupe ? [buyer] : [];
  });
}
