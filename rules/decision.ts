import type { RuleBody, RuleStep } from '../schema/filters.ts';
import {
  compileLogic,
  evaluateLogic,
  holds,
  listQuestions,
  variablesOf,
  type ListQuestion,
  type LogicFailure,
  type RuleData,
  type RunnableLogic,
} from './logic.ts';
import { parsePrice, signedMicros, type Micros } from './money.ts';

/** What a rule's steps say about a lead that may go there. */
export interface RuleEffects {
  /** In place of a fixed price. */
  price?: Micros;
  priority?: number;
  /** What a bid ranks as: so many times itself, and this on top. */
  multiply: number;
  add: Micros;
  tags: readonly string[];
  /** The steps that held: `rule[2]`. */
  steps: readonly string[];
}

export type Decision = { pass: true; effects?: RuleEffects } | { pass: false; failed: LogicFailure };

/** A rule as it runs. */
export interface CompiledRule {
  decide(data: RuleData): Decision;
  /** As it was written. */
  body: RuleBody;
  /** What it asks of lists. */
  lists: readonly ListQuestion[];
}

interface RunnableStep {
  condition?: RunnableLogic;
  then: RuleStep['then'];
}

/** Prepares a checked rule, once for all leads. */
export function compileRule(body: RuleBody): CompiledRule {
  if (!Array.isArray(body)) {
    const logic = compileLogic(body);
    return { decide: (data) => evaluateLogic(logic, data), lists: listQuestions(body), body };
  }
  const steps = body.map((step) => ({
    ...(step.if === undefined ? {} : { condition: compileLogic(step.if) }),
    then: step.then,
  }));
  return {
    decide: (data) => goThrough(steps, data),
    lists: body.flatMap((step) => listQuestions(step.if)),
    body,
  };
}

/** The conditions of a rule, each with the path that leads to it from the rule. */
export function conditionsOf(body: RuleBody): { logic: Exclude<RuleBody, RuleStep[]>; path: string }[] {
  if (!Array.isArray(body)) return [{ logic: body, path: '' }];
  return body.flatMap((step, at) => (step.if === undefined ? [] : [{ logic: step.if, path: `[${at}].if` }]));
}

/** The variables that a rule reads, each once. */
export function variablesOfRule(body: RuleBody): string[] {
  return [...new Set(conditionsOf(body).flatMap(({ logic }) => variablesOf(logic)))];
}

/** Every step that holds does what it says, in order; `skip` and `send` end it. */
function goThrough(steps: readonly RunnableStep[], data: RuleData): Decision {
  const effects = { multiply: 1, add: 0, tags: [] as string[], steps: [] as string[] };
  let set: Pick<RuleEffects, 'price' | 'priority'> = {};
  for (const [at, { condition, then }] of steps.entries()) {
    if (condition !== undefined && !holds(condition, data)) continue;
    if (then.skip) return { pass: false, failed: skipped(at, condition, data) };
    effects.steps.push(`[${at}]`);
    if (then.price !== undefined) set = { ...set, price: parsePrice(then.price) ?? 0 };
    if (then.priority !== undefined) set = { ...set, priority: then.priority };
    effects.multiply *= then.multiply ?? 1;
    effects.add += signedMicros(then.add ?? 0);
    if (then.tag !== undefined && !effects.tags.includes(then.tag)) effects.tags.push(then.tag);
    if (then.send) break;
  }
  return effects.steps.length === 0 ? { pass: true } : { pass: true, effects: { ...effects, ...set } };
}

/** The step that kept the lead away, with what its condition saw. */
function skipped(at: number, condition: RunnableLogic | undefined, data: RuleData): LogicFailure {
  if (condition === undefined) return { path: `[${at}]`, operator: 'skip', values: {} };
  // Why it holds is why its opposite does not.
  const { failed } = evaluateLogic({ '!': [condition] } as unknown as RunnableLogic, data);
  return { path: `[${at}].if`, operator: 'skip', values: failed?.values ?? {} };
}
