import type { Integration } from '../schema/integration.ts';
import type { RuleBody } from '../schema/filters.ts';
import { creditMissing, type CreditCheck } from './billing.ts';
import { compileCapScopes, type CapScopes } from './cap-scopes.ts';
import type { CapWindow } from './caps.ts';
import { compileRule, type CompiledRule, type RuleEffects } from './decision.ts';
import { compileGeo, inArea, type CompiledGeo, type GeoReason, type Place } from './geo.ts';
import type { LogicFailure, RuleData } from './logic.ts';
import type { Micros } from './money.ts';
import { compileSchedule, type LeadZone, type Schedule } from './schedule.ts';

export type EligibilityReason =
  | 'paused'
  | 'connector_blocked'
  | 'code_not_allowed'
  | 'no_test_endpoint'
  | 'schedule_closed'
  | GeoReason
  | 'list_missing'
  | 'rule'
  | 'duplicate_at_buyer'
  | 'cap_full'
  | 'no_credit'
  | 'unhealthy';

/** A lead may go to an integration, or the first reason why not. Details may hold values of the lead. */
export type Eligibility =
  | {
      eligible: true;
      effects?: RuleEffects;
      /** What the open slot of its schedule says a buyer without a ping pays. */
      slotPrice?: Micros;
    }
  | {
      eligible: false;
      reason: Exclude<
        EligibilityReason,
        'paused' | 'connector_blocked' | 'list_missing' | 'rule' | 'cap_full' | 'no_credit'
      >;
      detail?: undefined;
    }
  | { eligible: false; reason: 'paused'; detail: { paused: 'integration' | 'buyer' } }
  | { eligible: false; reason: 'connector_blocked'; detail: { connector: string; why: string } }
  | { eligible: false; reason: 'list_missing'; detail: { list: string } }
  | { eligible: false; reason: 'rule'; detail: LogicFailure }
  | { eligible: false; reason: 'no_credit'; detail: { available: Micros; least: Micros } }
  | { eligible: false; reason: 'cap_full'; detail: { window: string; count: number; max: number } };

/** An integration's filters, prepared once for a configuration version. */
export interface IntegrationFilters {
  readonly id: string;
  /** Whose caps and duplicates concern it beside its own; of one that sells leads. */
  readonly buyer?: string;
  readonly schedule: Schedule;
  readonly geo?: CompiledGeo;
  readonly rule?: CompiledRule;
  /** The cap windows that a lead counts in at an instant; their counters are what `checkEligibility` wants to know. */
  capWindows(at: Date, lead?: CapLead): readonly CapWindow[];
}

/** What of a lead decides in which windows it counts. */
export interface CapLead {
  source: string;
  zone: LeadZone;
}

export interface EligibilityInput {
  filters: IntegrationFilters;
  paused?: boolean;
  buyerPaused?: boolean;
  /** The connector that it runs on must not run, and why. */
  blocked?: { connector: string; why: string } | undefined;
  /** Its connector has code that may not run here. */
  codeNotAllowed?: boolean;
  /** Every address it would call has a test address beside it. */
  hasTestEndpoint: boolean;
  /** What its buyer may owe; absent without billing. */
  credit?: CreditCheck | undefined;
}

export interface EligibilityFacts {
  at: Date;
  /** A sandbox lead: it needs test addresses, and neither caps nor the health of live addresses concern it. */
  sandbox: boolean;
  place: Place;
  data: RuleData;
  /** Whether a list that rules may ask was ever imported. */
  hasList: (list: string) => boolean;
  /** Leads, or micro-dollars, counted so far by cap window id; absent is none. May lag: only a reservation decides. */
  counters: ReadonlyMap<string, number>;
  /** Buyers that had a lead with the same values before; absent where no buyer minds. */
  hadBefore?: ReadonlySet<string>;
  isHealthy: (integration: string) => boolean;
}

type Filtered = Pick<Integration, 'id' | 'buyer' | 'rule' | 'caps' | 'schedule' | 'holidays' | 'geo'>;

/**
 * Prepares an integration's filters. `timezone` is the campaign's; `rules` are the shared rules by id, `capScopes` the
 * caps of buyers and sources. Throws on an unknown rule or time zone, which a checked configuration does not have.
 */
export function compileIntegrationFilters(
  { id, buyer, rule, caps, schedule, holidays, geo }: Filtered,
  {
    timezone,
    rules,
    capScopes = compileCapScopes({}),
  }: { timezone: string; rules: ReadonlyMap<string, RuleBody>; capScopes?: CapScopes },
): IntegrationFilters {
  const hours = compileSchedule(schedule, timezone, holidays);
  const windows = capScopes({ id, buyer, caps }, timezone);
  const slotsHaveCaps = schedule?.some((slot) => slot.caps) ?? false;
  return {
    id,
    ...(buyer === undefined ? {} : { buyer }),
    schedule: hours,
    geo: geo && compileGeo(geo),
    rule: rule === undefined ? undefined : compileRule(typeof rule === 'string' ? sharedRule(rule, rules) : rule),
    capWindows(at, lead) {
      const own = windows(at, lead?.source);
      const slot = slotsHaveCaps ? hours.openingAt(at, lead?.zone)?.capWindows(id) : undefined;
      return slot?.length ? [...slot, ...own] : own;
    },
  };
}

/** Whether a lead may go to an integration; asks in order of cost and stops at the first "no". */
export function checkEligibility(integration: EligibilityInput, facts: EligibilityFacts): Eligibility {
  const { filters } = integration;
  if (integration.paused) return { eligible: false, reason: 'paused', detail: { paused: 'integration' } };
  if (integration.buyerPaused) return { eligible: false, reason: 'paused', detail: { paused: 'buyer' } };
  if (integration.blocked) return { eligible: false, reason: 'connector_blocked', detail: integration.blocked };
  if (integration.codeNotAllowed) return { eligible: false, reason: 'code_not_allowed' };
  if (facts.sandbox && !integration.hasTestEndpoint) return { eligible: false, reason: 'no_test_endpoint' };
  const zone = zoneOf(facts.data);
  if (!filters.schedule.isOpen(facts.at, zone)) return { eligible: false, reason: 'schedule_closed' };
  const area = filters.geo ? inArea(filters.geo, facts.place) : undefined;
  if (area?.reason) return { eligible: false, reason: area.reason };
  // A suppression list that nobody imported must not let everybody through.
  const unlisted = filters.rule?.lists.find(({ list }) => !facts.hasList(list));
  if (unlisted) return { eligible: false, reason: 'list_missing', detail: { list: unlisted.list } };
  const rule = filters.rule?.decide(facts.data);
  if (rule?.pass === false) return { eligible: false, reason: 'rule', detail: rule.failed };
  const refused = facts.sandbox ? undefined : (checkTraffic(filters, facts) ?? checkCredit(integration, facts));
  if (refused) return refused;
  const slotPrice = filters.schedule.hasPrices ? filters.schedule.openingAt(facts.at, zone)?.price : undefined;
  return {
    eligible: true,
    ...(rule?.effects ? { effects: rule.effects } : {}),
    ...(slotPrice === undefined ? {} : { slotPrice }),
  };
}

/** What live leads alone are held to. */
function checkTraffic(
  filters: IntegrationFilters,
  { at, data, counters, hadBefore, isHealthy }: EligibilityFacts,
): Extract<Eligibility, { eligible: false }> | undefined {
  if (filters.buyer !== undefined && hadBefore?.has(filters.buyer)) {
    return { eligible: false, reason: 'duplicate_at_buyer' };
  }
  for (const { id, max } of filters.capWindows(at, capLeadOf(data))) {
    const count = counters.get(id) ?? 0;
    if (count >= max) return { eligible: false, reason: 'cap_full', detail: { window: id, count, max } };
  }
  return isHealthy(filters.id) ? undefined : { eligible: false, reason: 'unhealthy' };
}

function checkCredit(
  { credit }: EligibilityInput,
  { counters }: EligibilityFacts,
): Extract<Eligibility, { eligible: false }> | undefined {
  const detail = credit && creditMissing(credit, counters);
  return detail && { eligible: false, reason: 'no_credit', detail };
}

/** What of a lead, as rules see it, its cap windows go by. */
export function capLeadOf({ source, facts }: Pick<RuleData, 'source' | 'facts'>): CapLead {
  return { source: String(source['id'] ?? ''), zone: () => facts.timezone };
}

/** A function made here anew for each integration would cost more than the check that asks it. */
function zoneOf({ facts }: RuleData): LeadZone {
  return () => facts.timezone;
}

function sharedRule(id: string, rules: ReadonlyMap<string, RuleBody>): RuleBody {
  const logic = rules.get(id);
  if (logic === undefined) throw new Error(`Rule ${id} is not in the configuration`);
  return logic;
}
