import { compileIntegrationFilters, type IntegrationFilters } from '../rules/eligibility.ts';
import { compileFields, type FieldSet } from '../rules/fields.ts';
import { createRuleNow, type RuleNow } from '../rules/logic.ts';
import { compileOperation, type CompiledOperation } from '../rules/mapping/operation.ts';
import type { Micros } from '../rules/money.ts';
import { payoutTerms, type PayoutTerms } from '../rules/payout.ts';
import { compileBuyerPostback } from '../rules/postback/inbound.ts';
import { compileScore, type CompiledScore } from '../rules/score.ts';
import type { Buyer, Campaign, Seller } from '../schema/campaign.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import { OPERATIONS, type Category, type Integration, type Moment, type OperationName } from '../schema/integration.ts';
import { compileEvents, type CompiledEvent } from './events.ts';
import { momentOf } from './moment.ts';
import { compileEndpoints, type Endpoints } from './postbacks.ts';
import { prepareWavesOf } from './prepare-waves.ts';
import { auctionSettings, deadlinesOf, priceOf, type Deadlines, type ResolvedAuction } from './settings.ts';
import { defaultSourcesOf, type Sources } from './sources.ts';

const DEFAULT_PRIORITY = 100;

/** An integration with every default filled in. */
export interface CompiledIntegration {
  id: string;
  campaign: string;
  /** Whom leads are sold to; set when `when` is `buyer`. */
  buyer: string | undefined;
  category: Category;
  when: Moment;
  /** As configured. */
  integration: Integration;
  operations: Partial<Record<OperationName, CompiledOperation>>;
  filters: IntegrationFilters;
  /** Every request it makes has a test address beside the live one. */
  hasTestEndpoint: boolean;
  idempotent: boolean;
  /** A failure or skip before the ping does not end the lead. */
  optional: boolean;
  /** Whether it runs at a ping, at the post that follows, or at both. */
  stages: NonNullable<Integration['stages']>;
  priority: number;
  /** Fixed price of a buyer without a ping. */
  price: Micros | undefined;
  deadlines: Deadlines;
  /** What its buyer says with a postback. */
  readPostback: ReturnType<typeof compileBuyerPostback>;
}

export interface CompiledCampaign {
  id: string;
  /** As configured. */
  campaign: Campaign;
  settings: ResolvedAuction;
  fields: FieldSet;
  /** The wall clock of the campaign, as rules see it. */
  ruleNow: (at: Date) => RuleNow;
  score: CompiledScore | undefined;
  /** Every integration of the campaign by id. */
  integrations: ReadonlyMap<string, CompiledIntegration>;
  /** What runs before the ping: each wave needs nothing of the same or a later one. */
  prepareWaves: readonly (readonly CompiledIntegration[])[];
  buyers: readonly CompiledIntegration[];
  followUps: readonly CompiledIntegration[];
  onEvent: readonly CompiledIntegration[];
  /** What can happen after its leads, by the event's id. */
  events: ReadonlyMap<string, CompiledEvent>;
}

/** One version of the configuration, ready to run. */
export interface CompiledConfiguration extends Sources {
  revision: number;
  campaigns: ReadonlyMap<string, CompiledCampaign>;
  /** Every integration by id, whatever its campaign. */
  integrations: ReadonlyMap<string, CompiledIntegration>;
  sellers: ReadonlyMap<string, Seller>;
  /** What the seller gets of a price, by source. */
  payouts: ReadonlyMap<string, PayoutTerms>;
  /** Where sources are told what became of their leads, and who is told of events. */
  endpoints: Endpoints;
  buyers: ReadonlyMap<string, Buyer>;
}

/** Compiles a checked file: rules, filters and mappings once, amounts as micros, defaults filled in. */
export function compileConfiguration(file: ConfigurationFile, revision: number): CompiledConfiguration {
  const rules = new Map((file.rules ?? []).map(({ id, logic }) => [id, logic]));
  const timezones = new Map((file.campaigns ?? []).map(({ id, timezone }) => [id, timezone]));
  const integrations = byId(
    (file.integrations ?? []).map((integration) =>
      compileIntegration(integration, { rules, timezone: timezones.get(integration.campaign) ?? 'UTC' }),
    ),
  );
  return {
    revision,
    integrations,
    campaigns: byId(
      (file.campaigns ?? []).map((campaign) => compileCampaign(campaign, [...integrations.values()], file)),
    ),
    sellers: byId(file.sellers ?? []),
    sources: byId(file.sources ?? []),
    defaultSources: defaultSourcesOf(file.sources ?? []),
    payouts: new Map((file.sources ?? []).map(({ id, payout }) => [id, payoutTerms(payout)])),
    endpoints: compileEndpoints(file),
    buyers: byId(file.buyers ?? []),
  };
}

function compileCampaign(
  campaign: Campaign,
  everything: readonly CompiledIntegration[],
  file: Pick<ConfigurationFile, 'events' | 'eventLists'>,
): CompiledCampaign {
  const own = everything.filter((integration) => integration.campaign === campaign.id);
  const at = (moment: Moment) => own.filter(({ when }) => when === moment);
  return {
    id: campaign.id,
    campaign,
    settings: auctionSettings(campaign.auction),
    fields: compileFields(campaign.fields),
    ruleNow: createRuleNow(campaign.timezone),
    score: campaign.score && compileScore(campaign.score, campaign.fields),
    integrations: byId(own),
    prepareWaves: prepareWavesOf(at('before_ping')),
    buyers: at('buyer'),
    followUps: at('after_outcome'),
    onEvent: at('on_event'),
    events: compileEvents(campaign, file),
  };
}

function compileIntegration(integration: Integration, shared: Parameters<typeof compileIntegrationFilters>[1]) {
  const operations: CompiledIntegration['operations'] = {};
  for (const name of OPERATIONS) {
    const operation = integration[name];
    if (operation) operations[name] = compileOperation(operation);
  }
  const { id, campaign, buyer, category, optional, idempotent = false, priority = DEFAULT_PRIORITY } = integration;
  const compiled: CompiledIntegration = {
    id,
    campaign,
    buyer,
    category,
    when: momentOf(integration),
    integration,
    operations,
    filters: compileIntegrationFilters(integration, shared),
    hasTestEndpoint: Object.values(operations).every(({ hasTestUrl }) => hasTestUrl),
    idempotent,
    optional: optional ?? category !== 'Compliance',
    stages: integration.stages ?? 'both',
    priority,
    price: priceOf(integration.price),
    deadlines: deadlinesOf(integration),
    readPostback: compileBuyerPostback(integration.postback),
  };
  return compiled;
}

function byId<Value extends { id: string }>(values: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(values.map((value) => [value.id, value]));
}
