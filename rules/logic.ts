import jsonLogic from 'json-logic-js';
import type { RunnableLogic } from './logic/compile.ts';
import { explainFailure, type LogicFailure } from './logic/explain.ts';
import { applyLogic, type RuleData } from './logic/run.ts';

export { checkLogic } from './logic/check.ts';
export { compileLogic, listQuestions, type ListQuestion, type RunnableLogic } from './logic/compile.ts';
export { variablesOf, type LogicFailure } from './logic/explain.ts';
export { createClocks, createRuleFacts, type RuleFacts } from './logic/facts.ts';
export { checkReachable, type Domains } from './logic/never.ts';
export { createRuleNow, type RuleNow } from './logic/now.ts';
export type { RuleData, RuleIntegration } from './logic/run.ts';

export type LogicAnswer = { pass: true; failed?: undefined } | { pass: false; failed: LogicFailure };

/**
 * Evaluates an expression. Absent values are null, and JSON-Logic compares as JavaScript does: null < 25 is true. A
 * failure names the deciding part and holds values of the lead: it is for MongoDB and operators, never for logs or
 * workflow histories.
 */
export function evaluateLogic(logic: RunnableLogic, data: RuleData): LogicAnswer {
  if (holds(logic, data)) return { pass: true };
  return { pass: false, failed: explainFailure(logic, data) };
}

/** As `evaluateLogic`, without the reason. */
export function holds(logic: RunnableLogic, data: RuleData): boolean {
  return jsonLogic.truthy(applyLogic(logic, data));
}
