import jsonLogic from 'json-logic-js';
import type { Issue } from '../../errors/leadwire-error.ts';
import { DAYS } from '../../schema/filters.ts';
import { STATE_CODES } from '../fields/states.ts';
import { argumentPath, argumentsOf, expressionOf, operatorPath } from './operators.ts';
import { createRange, type Range } from './range.ts';

/** What a variable can be: one of these values, or a number between these two. */
export type Domain = { values: readonly unknown[] } | { min: number; max: number };
export type Domains = (variable: string) => Domain | undefined;

const HOUR = { min: 0, max: 23 };
const STATES = { values: [...STATE_CODES, null] };
const KNOWN: Readonly<Record<string, Domain>> = {
  'now.hour': HOUR,
  'now.minute': { min: 0, max: 59 },
  'now.weekday': { min: 1, max: 7 },
  'now.day': { values: DAYS },
  'facts.local_hour': HOUR,
  'facts.local_day': { values: [...DAYS, null] },
  'facts.state': STATES,
  'facts.zip_state': STATES,
  'facts.score': { min: 0, max: 100 },
  'facts.age_minutes': { min: 0, max: Infinity },
  'integration.acceptance': { min: 0, max: 1 },
  'integration.average_bid': { min: 0, max: Infinity },
};

/** What reads the lead or the moment; `matches` runs on compiled rules only. */
const READS = new Set(['var', 'missing', 'missing_some', 'in_list', 'days_since', 'within_miles', 'matches']);

/**
 * Warnings of an expression, or of a part of an `or`, that no lead can fulfil: plain constants, comparisons outside what
 * a variable can be, and parts of an `and` that contradict each other. What it does not see through is left alone.
 */
export function checkReachable(logic: unknown, path: string, domains: Domains = () => undefined): Issue[] {
  const domainOf = (variable: string) => (Object.hasOwn(KNOWN, variable) ? KNOWN[variable] : domains(variable));
  const issues: Issue[] = [];
  const never = impossible(logic, path);
  if (never) warn(never.path, never.why);
  return issues;

  function warn(where: string, why: string): void {
    issues.push({ path: where, code: 'never_matches', message: `can never hold: ${why}`, severity: 'warning' });
  }

  function impossible(node: unknown, where: string): { path: string; why: string } | undefined {
    if (isConstant(node)) {
      const value: unknown = jsonLogic.apply(node as never, {});
      return jsonLogic.truthy(value) ? undefined : { path: where, why: 'it is false whatever the lead' };
    }
    const [operator, value] = expressionOf(node) ?? [];
    if (operator === undefined) return undefined;
    const here = operatorPath(where, operator);
    if (operator === 'or') {
      const parts = argumentsOf(value).map((part, nth) => impossible(part, argumentPath(here, value, nth)));
      if (parts.every((part) => part)) return { path: here, why: 'none of its parts can' };
      for (const part of parts) if (part) warn(part.path, part.why);
      return undefined;
    }
    if (operator !== 'and') return contradiction([[node, where]]);
    const parts = argumentsOf(value).map((part, nth): [unknown, string] => [part, argumentPath(here, value, nth)]);
    for (const [part, at] of parts) {
      const found = impossible(part, at);
      if (found) return found;
    }
    return contradiction(parts);
  }

  /** Conditions that hold together narrow each variable down, until nothing is left of it. */
  function contradiction(parts: readonly (readonly [unknown, string])[]): { path: string; why: string } | undefined {
    const ranges = new Map<string, Range>();
    for (const [part, path] of parts.flatMap(flattened)) {
      const compared = comparisonOf(part);
      if (!compared) continue;
      const { variable, operator, value } = compared;
      const range = ranges.get(variable) ?? createRange(domainOf(variable));
      ranges.set(variable, range);
      range.narrow(operator, value);
      if (range.isEmpty()) return { path, why: `no value is left for ${variable}` };
    }
    return undefined;
  }
}

/** The parts of an `and`, of those within it too. */
function flattened([node, path]: readonly [unknown, string]): [unknown, string][] {
  const [operator, value] = expressionOf(node) ?? [];
  if (operator !== 'and') return [[node, path]];
  const here = operatorPath(path, operator);
  return argumentsOf(value).flatMap((part, nth) => flattened([part, argumentPath(here, value, nth)]));
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const COMPARED = new Set(['==', '===', '<', '<=', '>', '>=', 'in']);

/** A variable compared with something that is the same for every lead. */
function comparisonOf(node: unknown): { variable: string; operator: string; value: unknown } | undefined {
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined || !COMPARED.has(operator)) return undefined;
  const given = argumentsOf(value);
  if (given.length !== 2) return undefined;
  const [left, right] = given.map(variableOf);
  if (left !== undefined && isConstant(given[1])) {
    return { variable: left, operator, value: jsonLogic.apply(given[1] as never, {}) as unknown };
  }
  if (right === undefined || operator === 'in' || !isConstant(given[0])) return undefined;
  const mirrored = MIRRORED[operator] ?? operator;
  return { variable: right, operator: mirrored, value: jsonLogic.apply(given[0] as never, {}) as unknown };
}

/** The path of a plain variable, without a default. */
function variableOf(node: unknown): string | undefined {
  const [operator, value] = expressionOf(node) ?? [];
  const given = operator === 'var' ? argumentsOf(value) : [];
  return given.length === 1 && typeof given[0] === 'string' ? given[0] : undefined;
}

function isConstant(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isConstant);
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return true;
  return !READS.has(operator) && argumentsOf(value).every(isConstant);
}
