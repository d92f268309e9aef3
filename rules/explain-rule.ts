import type { RuleStep } from '../schema/filters.ts';
import type { CompiledRule, Decision } from './decision.ts';
import { variablesOf, type LogicFailure, type RuleData } from './logic.ts';
import { partAt, sayComputed, sayCondition, sayValues } from './logic/words.ts';
import { applyLogic } from './logic/run.ts';

/** Whether a rule lets a lead through, in words, and the values it went by. */
export function sayDecision(
  rule: CompiledRule,
  data: RuleData,
): { pass: boolean; says: string; saw: Record<string, unknown> } {
  const decision = rule.decide(data);
  const { body } = rule;
  if (!Array.isArray(body)) {
    const saw = valuesOf(body, data);
    return decision.pass
      ? { pass: true, says: `its rule holds: ${sayCondition(body)}`, saw }
      : { pass: false, says: sayFailure(body, decision.failed, data), saw };
  }
  const saw = Object.assign({}, ...body.map((step) => valuesOf(step.if, data))) as Record<string, unknown>;
  return { pass: decision.pass, says: sayOutcome(body, decision, data), saw };
}

/** What kept the lead away: what was wanted, and what the lead has instead. */
function sayFailure(body: unknown, { path, values }: LogicFailure, data: RuleData): string {
  const part = partAt(body, path.replace(/\.?("(?:[^"\\]|\\.)*"|[A-Za-z_]\w*)$/, '')) ?? body;
  // Under a not, what was wanted is the opposite of what is written.
  const isNegated = (path.match(/"!"/g)?.length ?? 0) % 2 === 1;
  const computed = sayComputed(part, data);
  const found = [sayValues(values), ...computed].filter((text) => text !== '').join(', ');
  const wanted = sayCondition(part, isNegated);
  return found === '' ? `its rule wants that ${wanted}` : `its rule wants that ${wanted}, but ${found}`;
}

function sayOutcome(steps: readonly RuleStep[], decision: Decision, data: RuleData): string {
  if (decision.pass) {
    const held = decision.effects?.steps ?? [];
    if (held.length === 0) return 'no step of its rule keeps the lead away or changes anything';
    return held.map((path) => sayStep(steps, path)).join('; ');
  }
  const { path } = decision.failed;
  const step = steps[Number(/\d+/.exec(path)?.[0])];
  if (step?.if === undefined) return `no step of its rule before the ${nth(path)} sends this lead`;
  const found = [sayValues(decision.failed.values), ...sayComputed(step.if, data)].filter((text) => text !== '');
  return `the ${nth(path)} step of its rule skips leads where ${sayCondition(step.if)}, and ${found.join(', ')}`;
}

function sayStep(steps: readonly RuleStep[], path: string): string {
  const step = steps[Number(/\d+/.exec(path)?.[0])];
  const why = step?.if === undefined ? 'for every lead' : `since ${sayCondition(step.if)}`;
  const does = Object.entries(step?.then ?? {}).map(([name, value]) => SAYS[name]?.(value) ?? name);
  return `the ${nth(path)} step of its rule ${does.join(' and ')}, ${why}`;
}

/** `[2].if` is the 3rd. */
function nth(path: string): string {
  const number = Number(/\d+/.exec(path)?.[0]) + 1;
  const ending = number % 100 > 10 && number % 100 < 14 ? undefined : { 1: 'st', 2: 'nd', 3: 'rd' }[number % 10];
  return `${number}${ending ?? 'th'}`;
}

const SAYS: Readonly<Record<string, (value: unknown) => string>> = {
  send: () => 'sends it',
  price: (value) => `sets the price to ${Number(value).toFixed(2)}`,
  multiply: (value) => `ranks its bids ${String(value)} times as high`,
  add: (value) => `ranks its bids ${Number(value).toFixed(2)} higher`,
  priority: (value) => `sets the priority to ${String(value)}`,
  tag: (value) => `tags it ${String(value)}`,
};

function valuesOf(node: unknown, data: RuleData): Record<string, unknown> {
  return Object.fromEntries(variablesOf(node).map((name) => [name, applyLogic({ var: name }, data)]));
}
