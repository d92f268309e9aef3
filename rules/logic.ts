import jsonLogic, { type RulesLogic } from 'json-logic-js';
import type { Logic } from '../schema/filters.ts';
import { explainFailure, type LogicFailure } from './logic/explain.ts';
import type { RuleNow } from './logic/now.ts';

export { checkLogic } from './logic/check.ts';
export { variablesOf, type LogicFailure } from './logic/explain.ts';
export { createRuleNow, type RuleNow } from './logic/now.ts';

/** What a rule sees. */
export interface RuleData {
  lead: Readonly<Record<string, unknown>>;
  source: Readonly<Record<string, unknown>>;
  campaign: Readonly<Record<string, unknown>>;
  /** On the campaign's wall clock. */
  now: RuleNow;
}

export type LogicAnswer = { pass: true; failed?: undefined } | { pass: false; failed: LogicFailure };

/**
 * Evaluates an expression that `checkLogic` found nothing wrong with. Absent values are null, and JSON-Logic compares
 * as JavaScript does: null < 25 is true. A failure names the deciding part and holds values of the lead: it is for
 * MongoDB and operators, never for logs or workflow histories.
 */
export function evaluateLogic(logic: Logic, data: RuleData): LogicAnswer {
  if (jsonLogic.truthy(jsonLogic.apply(logic as RulesLogic, data))) return { pass: true };
  return { pass: false, failed: explainFailure(logic, data) };
}
