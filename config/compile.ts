import { compileAuctionPlan, type AuctionPlan } from '../rules/auction/plan.ts';
import { creditTerms, type CreditTerms } from '../rules/billing.ts';
import { compileCapScopes } from '../rules/cap-scopes.ts';
import { compileIntegrationFilters, type IntegrationFilters } from '../rules/eligibility.ts';
import { compileGrant } from '../rules/connector/authentication.ts';
import { withCode } from '../rules/connector/code.ts';
import { connectOperation } from '../rules/connector/connect.ts';
import { compileHalves } from '../rules/connector/halves.ts';
import { compileFields, type FieldSet } from '../rules/fields.ts';
import { healthSettings, type HealthSettings } from '../rules/health.ts';
import { createRuleNow, type RuleNow } from '../rules/logic.ts';
import { compileOperation, type CompiledOperation } from '../rules/mapping/operation.ts';
import type { Micros } from '../rules/money.ts';
import { compileBuyerPostback } from '../rules/postback/inbound.ts';
import { pingPolicies, type RatePolicy } from '../rules/rate-window.ts';
import { compileScore, type CompiledScore } from '../rules/score.ts';
import type { Buyer, Campaign, Seller } from '../schema/campaign.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import type { Connector } from '../schema/connector.ts';
import {
  NOTICES,
  OPERATIONS,
  type Category,
  type Integration,
  type Moment,
  type OperationName,
} from '../schema/integration.ts';
import type { ResolvedAlert } from '../rules/alerts.ts';
import { compileAlerts } from './alerts.ts';
import { NO_CODE, REFUSED, type ConnectorCode } from './connectors/code.ts';
import { expandIntegration, hostsOf, operationOf } from './connectors/expand.ts';
import { connectorIn, connectorKeyIn, type PinnedFile } from './connectors/pins.ts';
import { compileEvents, type CompiledEvent } from './events.ts';
import { compileListing, type CompiledListing } from './listings.ts';
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
  /** As configured, with its connector's parts filled in. */
  integration: Integration;
  /** The connector that it runs on, `phonexa@1.0.0`; undefined without one. */
  connectorKey: string | undefined;
  /** Its connector has code that this process may not run: nothing is asked of it. */
  codeNotAllowed: boolean;
  /** How its access token is got, where it needs one. */
  grant: ReturnType<typeof compileGrant>;
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
  /** How often it may be asked before a lead is sold. Read from the newest version. */
  pingRate: readonly RatePolicy[];
  /** Floor for its bids. */
  minPrice: Micros | undefined;
  /** Its share where leads are drawn by weight. */
  weight: number;
  /** When its buyer pays, as rules see it. */
  daysToPay: number | null;
  deadlines: Deadlines;
  /** When it is left out for a while; undefined: never. Read from the newest version. */
  health: HealthSettings | undefined;
  /** Of a click listing: where its offers are shown and may lead, and what clicks pay. */
  listing: CompiledListing | undefined;
  /** What its buyer says with a postback. */
  readPostback: ReturnType<typeof compileBuyerPostback>;
}

export interface CompiledCampaign {
  id: string;
  /** As configured. */
  campaign: Campaign;
  settings: ResolvedAuction;
  /** How bids are ranked. */
  plan: AuctionPlan;
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
  /** Click listings: whom pages ask for offers. */
  listings: readonly CompiledIntegration[];
  /** What can happen after its leads, by the event's id. */
  events: ReadonlyMap<string, CompiledEvent>;
  /** What operators are told of it. */
  alerts: readonly ResolvedAlert[];
}

/** One version of the configuration, ready to run. */
export interface CompiledConfiguration extends Sources {
  revision: number;
  campaigns: ReadonlyMap<string, CompiledCampaign>;
  /** Every integration by id, whatever its campaign. */
  integrations: ReadonlyMap<string, CompiledIntegration>;
  sellers: ReadonlyMap<string, Seller>;
  /** Where sources are told what became of their leads, and who is told of events. */
  endpoints: Endpoints;
  buyers: ReadonlyMap<string, Buyer>;
  /** What buyers with billing may owe, by buyer. */
  credit: ReadonlyMap<string, CreditTerms>;
}

/**
 * Compiles a checked file: rules, filters and mappings once, amounts as micros, defaults filled in.
 *
 * @param code what runs the code of connectors. Default nothing: integrations on them are there and refuse
 */
export function compileConfiguration(
  file: PinnedFile,
  revision: number,
  { code = NO_CODE }: { code?: ConnectorCode } = {},
): CompiledConfiguration {
  const rules = new Map((file.rules ?? []).map(({ id, logic }) => [id, logic]));
  const timezones = new Map((file.campaigns ?? []).map(({ id, timezone }) => [id, timezone]));
  const daysToPay = new Map((file.buyers ?? []).map((buyer) => [buyer.id, buyer.daysToPay ?? null]));
  const capScopes = compileCapScopes(file);
  const healths = new Map((file.campaigns ?? []).map(({ id, health }) => [id, health]));
  const integrations = byId(
    (file.integrations ?? []).map((integration) =>
      compileIntegration(integration, {
        connector: connectorIn(file, integration),
        connectorKey: connectorKeyIn(file, integration),
        code,
        rules,
        timezone: timezones.get(integration.campaign) ?? 'UTC',
        capScopes,
        health: healths.get(integration.campaign),
        daysToPay: daysToPay.get(integration.buyer ?? '') ?? null,
      }),
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
    endpoints: compileEndpoints(file),
    buyers: byId(file.buyers ?? []),
    credit: new Map(
      (file.buyers ?? []).flatMap(({ id, billing }) => (billing ? [[id, creditTerms(billing)] as const] : [])),
    ),
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
    plan: compileAuctionPlan(
      campaign.auction,
      at('buyer').map(({ id, integration: { tags } }) => ({ id, tags })),
    ),
    fields: compileFields(campaign.fields),
    ruleNow: createRuleNow(campaign.timezone),
    score: campaign.score && compileScore(campaign.score, campaign.fields),
    integrations: byId(own),
    prepareWaves: prepareWavesOf(at('before_ping')),
    buyers: at('buyer'),
    followUps: at('after_outcome'),
    onEvent: at('on_event'),
    listings: at('listing'),
    events: compileEvents(campaign, file),
    alerts: compileAlerts(campaign.alerts),
  };
}

function compileIntegration(
  configured: Integration,
  shared: Parameters<typeof compileIntegrationFilters>[1] & { connector: Connector | undefined } & Pick<
      Campaign,
      'health'
    > &
    Pick<CompiledIntegration, 'daysToPay' | 'connectorKey'> & { code: ConnectorCode },
) {
  const { connector } = shared;
  const integration = connector ? expandIntegration(configured, connector) : configured;
  const { authentication, config } = integration;
  const connection = { authentication, config, ...(connector ? { hosts: hostsOf(integration, connector) } : {}) };
  const functions = connector?.code === undefined ? undefined : shared.code.of(shared.connectorKey ?? '');
  const when = momentOf(integration);
  const operations: CompiledIntegration['operations'] = {};
  for (const name of OPERATIONS) {
    const operation = integration[name];
    if (!operation) continue;
    const whole = connector?.code
      ? withCode(compileHalves(operation), functions?.(operationOf(connector, name, when)) ?? REFUSED)
      : compileOperation(operation);
    operations[name] = connectOperation(whole, connection);
  }
  const { id, campaign, buyer, category, optional, idempotent = false, priority = DEFAULT_PRIORITY } = integration;
  const mayBeLeftOut = when === 'buyer' || (optional ?? category !== 'Compliance');
  const compiled: CompiledIntegration = {
    id,
    campaign,
    buyer,
    category,
    when,
    integration,
    connectorKey: shared.connectorKey,
    codeNotAllowed: connector?.code !== undefined && functions === undefined,
    grant: compileGrant(authentication, integration.id),
    operations,
    filters: compileIntegrationFilters({ ...integration, buyer: when === 'buyer' ? buyer : undefined }, shared),
    hasTestEndpoint: OPERATIONS.every((name) => isNotice(name) || operations[name]?.hasTestUrl !== false),
    idempotent,
    optional: optional ?? category !== 'Compliance',
    stages: integration.stages ?? 'both',
    priority,
    price: priceOf(integration.price),
    pingRate: pingPolicies(integration.pingRate),
    minPrice: priceOf(integration.minPrice),
    weight: integration.weight ?? 1,
    daysToPay: shared.daysToPay,
    deadlines: deadlinesOf(integration),
    // Who leaves a check out on which everything depends has no lead left to sell.
    health: mayBeLeftOut ? healthSettings(integration.health, shared.health) : undefined,
    listing: when === 'listing' ? compileListing(integration, connector) : undefined,
    readPostback: compileBuyerPostback(integration.postback),
  };
  return compiled;
}

/** What is told later has no part in whether a sandbox lead may be sold. */
function isNotice(name: OperationName): boolean {
  return (NOTICES as readonly OperationName[]).includes(name);
}

function byId<Value extends { id: string }>(values: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(values.map((value) => [value.id, value]));
}
