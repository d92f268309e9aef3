import type { Integration } from '../schema/integration.ts';
import type { Logic } from '../schema/filters.ts';
import { compileCaps, type CapWindow } from './caps.ts';
import { compileGeo, inArea, type CompiledGeo, type GeoReason, type Place } from './geo.ts';
import { evaluateLogic, type LogicFailure, type RuleData } from './logic.ts';
import { compileSchedule, type Schedule } from './schedule.ts';

export type EligibilityReason =
  'paused' | 'no_test_endpoint' | 'schedule_closed' | GeoReason | 'rule' | 'cap_full' | 'unhealthy';

/** A lead may go to an integration, or the first reason why not. Details may hold values of the lead. */
export type Eligibility =
  | { eligible: true }
  | { eligible: false; reason: Exclude<EligibilityReason, 'paused' | 'rule' | 'cap_full'>; detail?: undefined }
  | { eligible: false; reason: 'paused'; detail: { paused: 'integration' | 'buyer' } }
  | { eligible: false; reason: 'rule'; detail: LogicFailure }
  | { eligible: false; reason: 'cap_full'; detail: { window: string; count: number; max: number } };

/** An integration's filters, prepared once for a configuration version. */
export interface IntegrationFilters {
  readonly id: string;
  readonly schedule: Schedule;
  readonly geo?: CompiledGeo;
  readonly rule?: Logic;
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
  { timezone, rules }: { timezone: string; rules: ReadonlyMap<string, Logic> },
): IntegrationFilters {
  return {
    id,
    schedule: compileSchedule(schedule, timezone),
    geo: geo && compileGeo(geo),
    rule: typeof rule === 'string' ? sharedRule(rule, rules) : rule,
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
  const rule = filters.rule === undefined ? undefined : evaluateLogic(filters.rule, facts.data);
  if (rule?.failed) return { eligible: false, reason: 'rule', detail: rule.failed };
  return facts.sandbox ? { eligible: true } : checkTraffic(filters, facts);
}

/** What live leads alone are held to. */
function checkTraffic(filters: IntegrationFilters, { at, counters, isHealthy }: EligibilityFacts): Eligibility {
  for (const { id, max } of filters.capWindows(at)) {
    const count = counters.get(id) ?? 0;
    if (count >= max) return { eligible: false, reason: 'cap_full', detail: { window: id, count, max } };
  }
  return isHealthy(filters.id) ? { eligible: true } : { eligible: false, reason: 'unhealthy' };
}

function sharedRule(id: string, rules: ReadonlyMap<string, Logic>): Logic {
  const logic = rules.get(id);
  if (logic === undefined) throw new Error(`Rule ${id} is not in the configuration`);
  return logic;
}
