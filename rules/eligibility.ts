import type { Integration } from '../schema/integration.ts';
import type { RuleBody } from '../schema/filters.ts';
import { compileCaps, type CapWindow } from './caps.ts';
import { compileRule, type CompiledRule, type RuleEffects } from './decision.ts';
import { compileGeo, inArea, type CompiledGeo, type GeoReason, type Place } from './geo.ts';
import type { LogicFailure, RuleData } from './logic.ts';
import { compileSchedule, type Schedule } from './schedule.ts';

export type EligibilityReason =
  'paused' | 'no_test_endpoint' | 'schedule_closed' | GeoReason | 'list_missing' | 'rule' | 'cap_full' | 'unhealthy';

/** A lead may go to an integration, or the first reason why not. Details may hold values of the lead. */
export type Eligibility =
  | { eligible: true; effects?: RuleEffects }
  | {
      eligible: false;
      reason: Exclude<EligibilityReason, 'paused' | 'list_missing' | 'rule' | 'cap_full'>;
      detail?: undefined;
    }
  | { eligible: false; reason: 'paused'; detail: { paused: 'integration' | 'buyer' } }
  | { eligible: false; reason: 'list_missing'; detail: { list: string } }
  | { eligible: false; reason: 'rule'; detail: LogicFailure }
  | { eligible: false; reason: 'cap_full'; detail: { window: string; count: number; max: number } };

/** An integration's filters, prepared once for a configuration version. */
export interface IntegrationFilters {
  readonly id: string;
  readonly schedule: Schedule;
  readonly geo?: CompiledGeo;
  readonly rule?: CompiledRule;
  /** The cap windows of an instant; their counters are what `checkEligibility` wants to know. */
  capWindows(at: Date): readonly CapWindow[];
}

export interface EligibilityInput {
  filters: IntegrationFilters;
  paused?: boolean;
  buyerPaused?: boolean;
  /** Every address it would call has a test address beside it. */
  hasTestEndpoint: boolean;
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
  isHealthy: (integration: string) => boolean;
}

type Filtered = Pick<Integration, 'id' | 'rule' | 'caps' | 'schedule' | 'geo'>;

/**
 * Prepares an integration's filters. `timezone` is the campaign's; `rules` are the shared rules by id. Throws on an
 * unknown rule or time zone, which a checked configuration does not have.
 */
export function compileIntegrationFilters(
  { id, rule, caps, schedule, geo }: Filtered,
  { timezone, rules }: { timezone: string; rules: ReadonlyMap<string, RuleBody> },
): IntegrationFilters {
  return {
    id,
    schedule: compileSchedule(schedule, timezone),
    geo: geo && compileGeo(geo),
    rule: rule === undefined ? undefined : compileRule(typeof rule === 'string' ? sharedRule(rule, rules) : rule),
    capWindows: compileCaps(caps ?? [], id, timezone),
  };
}

/** Whether a lead may go to an integration; asks in order of cost and stops at the first "no". */
export function checkEligibility(integration: EligibilityInput, facts: EligibilityFacts): Eligibility {
  const { filters } = integration;
  if (integration.paused) return { eligible: false, reason: 'paused', detail: { paused: 'integration' } };
  if (integration.buyerPaused) return { eligible: false, reason: 'paused', detail: { paused: 'buyer' } };
  if (facts.sandbox && !integration.hasTestEndpoint) return { eligible: false, reason: 'no_test_endpoint' };
  if (!filters.schedule.isOpen(facts.at)) return { eligible: false, reason: 'schedule_closed' };
  const area = filters.geo ? inArea(filters.geo, facts.place) : undefined;
  if (area?.reason) return { eligible: false, reason: area.reason };
  // A suppression list that nobody imported must not let everybody through.
  const unlisted = filters.rule?.lists.find(({ list }) => !facts.hasList(list));
  if (unlisted) return { eligible: false, reason: 'list_missing', detail: { list: unlisted.list } };
  const rule = filters.rule?.decide(facts.data);
  if (rule?.pass === false) return { eligible: false, reason: 'rule', detail: rule.failed };
  const refused = facts.sandbox ? undefined : checkTraffic(filters, facts);
  return refused ?? { eligible: true, ...(rule?.effects ? { effects: rule.effects } : {}) };
}

/** What live leads alone are held to. */
function checkTraffic(
  filters: IntegrationFilters,
  { at, counters, isHealthy }: EligibilityFacts,
): Extract<Eligibility, { eligible: false }> | undefined {
  for (const { id, max } of filters.capWindows(at)) {
    const count = counters.get(id) ?? 0;
    if (count >= max) return { eligible: false, reason: 'cap_full', detail: { window: id, count, max } };
  }
  return isHealthy(filters.id) ? undefined : { eligible: false, reason: 'unhealthy' };
}

function sharedRule(id: string, rules: ReadonlyMap<string, RuleBody>): RuleBody {
  const logic = rules.get(id);
  if (logic === undefined) throw new Error(`Rule ${id} is not in the configuration`);
  return logic;
}
