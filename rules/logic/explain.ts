import jsonLogic from 'json-logic-js';
import { argumentPath, argumentsOf, expressionOf, operatorPath, OPERATORS } from './operators.ts';
import { applyLogic, type RuleData } from './run.ts';

/** The part of a rule that decided against a lead. */
export interface LogicFailure {
  /** Inside the rule, e.g. `and[1].">="`; empty for a rule that is a plain false. */
  path: string;
  operator: string;
  /** What the part's variables were, by their paths; null for absent ones. */
  values: Record<string, unknown>;
}

/** Names the innermost part of a failed expression that decided it, through and, or, not and if. */
export function explainFailure(logic: unknown, data: RuleData): LogicFailure {
  return explain(logic, data, '', false);
}

/** The paths of the lead that an expression reads, each once. */
export function variablesOf(logic: unknown): string[] {
  const found = new Set<string>();
  collect(logic, found);
  return [...found];
}

/** `outcome` is what the node came to: the walk follows the parts that made it so. */
function explain(node: unknown, data: RuleData, path: string, outcome: boolean): LogicFailure {
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return { path, operator: 'value', values: {} };
  const here = operatorPath(path, operator);
  const given = argumentsOf(value);
  const into = (nth: number, wanted: boolean) => explain(given[nth], data, argumentPath(here, value, nth), wanted);
  const leaf = () => ({ path: here, operator, values: valuesOf(node, data) });

  switch (operator) {
    case 'and':
    case 'or': {
      // One false part decides an `and`, one true part an `or`; otherwise all of them did.
      if (outcome === (operator === 'and') && given.length > 1) return leaf();
      const deciding = given.findIndex((part) => holds(part, data) === outcome);
      return deciding < 0 ? leaf() : into(deciding, outcome);
    }
    case '!':
      return into(0, !outcome);
    case '!!':
      return into(0, outcome);
    case 'if':
    case '?:': {
      const taken = takenBranch(given, data);
      // A branch that is a plain value says nothing: the conditions that led to it do.
      return taken === undefined || !expressionOf(given[taken]) ? leaf() : into(taken, outcome);
    }
    default:
      return leaf();
  }
}

function takenBranch(given: readonly unknown[], data: RuleData): number | undefined {
  for (let nth = 0; nth + 1 < given.length; nth += 2) if (holds(given[nth], data)) return nth + 1;
  return given.length % 2 === 1 ? given.length - 1 : undefined;
}

function holds(node: unknown, data: RuleData): boolean {
  return jsonLogic.truthy(applyLogic(node, data));
}

function valuesOf(node: unknown, data: RuleData): Record<string, unknown> {
  return Object.fromEntries(variablesOf(node).map((name) => [name, applyLogic({ var: name }, data)]));
}

function collect(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) return node.forEach((item) => collect(item, found));
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return;
  const given = argumentsOf(value);
  if (operator === 'var') found.add(String(given[0]));
  else if (operator === 'missing') given.flat().forEach((name) => found.add(String(name)));
  else if (operator === 'missing_some') [given[1]].flat().forEach((name) => found.add(String(name)));
  const loops = OPERATORS.get(operator)?.iterates === true;
  given.forEach((argument, nth) => {
    // The second argument of a loop reads the loop's item.
    if (!(loops && nth === 1)) collect(argument, found);
  });
}
