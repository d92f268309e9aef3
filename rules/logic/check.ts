import type { Issue } from '../../errors/leadwire-error.ts';
import { argumentPath, argumentsOf, expressionOf, operatorPath, OPERATORS, type Operator } from './operators.ts';
import { itemVariableFault, variableFault } from './variable.ts';

const MAX_DEPTH = 20;
const MAX_NODES = 1000;

/** Where an expression stands: reading the lead, or the item of a loop. */
interface Scope {
  depth: number;
  /** The loop that repeats this for every item. */
  loop?: string;
  /** The loop that goes over what this gives. */
  items?: string;
}

/**
 * What is wrong with a JSON-Logic expression: unknown operators, wrong arguments, variables that rules do not see, and
 * anything whose evaluation could grow without bounds. `path` leads to the
 * expression; issues go on inside it: `rule.and[1].">="`.
 */
export function checkLogic(logic: unknown, path: string): Issue[] {
  const issues: Issue[] = [];
  let nodes = 0;
  const error = (where: string, code: string, message: string) => void issues.push({ path: where, code, message });

  function visit(node: unknown, where: string, scope: Scope): void {
    if (++nodes > MAX_NODES) {
      if (nodes === MAX_NODES + 1) error(path, 'too_large', `has more than ${MAX_NODES} parts`);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    if (scope.depth > MAX_DEPTH) {
      error(where, 'too_deep', `is nested deeper than ${MAX_DEPTH} levels`);
      return;
    }
    if (Array.isArray(node)) {
      if (scope.loop && node.some((item) => expressionOf(item)))
        error(where, 'builds_in_loop', notInLoop('a list', scope));
      node.forEach((item, nth) => visit(item, `${where}[${nth}]`, deeper(scope)));
      return;
    }
    const [operator, value] = expressionOf(node) ?? [];
    const known = operator === undefined ? undefined : OPERATORS.get(operator);
    if (operator === undefined) error(where, 'not_one_operator', 'must have exactly one operator');
    else if (!known) error(operatorPath(where, operator), 'unknown_operator', 'is no operator that this version knows');
    else visitOperator(operator, known, value, operatorPath(where, operator), scope);
  }

  function visitOperator(operator: string, known: Operator, value: unknown, where: string, scope: Scope): void {
    const given = argumentsOf(value);
    if (given.length < known.least || given.length > known.most) {
      error(where, 'wrong_arguments', `takes ${count(known)}, not ${given.length}`);
    }
    if (scope.loop && known.builds) error(where, 'builds_in_loop', notInLoop(operator, scope));
    if (scope.loop && known.ofLead) error(where, 'not_in_loop', `may not be used inside ${scope.loop}`);
    const outer = scope.loop ?? scope.items;
    if (outer && known.iterates) error(where, 'nested_loop', `is a loop inside ${outer}`);
    if (operator === 'var') checkVariable(given[0], argumentPath(where, value, 0), scope);
    else if (operator === 'missing') checkNames(given.length === 1 ? given[0] : given, where, scope);
    else if (operator === 'missing_some') checkNames(given[1], `${where}[1]`, scope);

    given.forEach((argument, nth) => {
      const wrong = nth < known.most ? known.fault?.(argument, nth) : undefined;
      if (wrong) error(argumentPath(where, value, nth), 'invalid_argument', wrong);
      const inner = deeper(scope);
      if (known.iterates && nth === 0) inner.items = operator;
      if (known.iterates && nth === 1) inner.loop = operator;
      visit(argument, argumentPath(where, value, nth), inner);
    });
  }

  function checkVariable(name: unknown, where: string, scope: Scope): void {
    const wrong = scope.loop ? itemVariableFault(name) : variableFault(name);
    if (wrong) error(where, 'invalid_variable', wrong);
  }

  function checkNames(names: unknown, where: string, scope: Scope): void {
    if (Array.isArray(names)) names.forEach((name, nth) => checkVariable(name, `${where}[${nth}]`, scope));
    else if (typeof names === 'string') checkVariable(names, where, scope);
    else error(where, 'invalid_variable', 'must be a list of paths such as ["lead.zip"]');
  }

  visit(logic, path, { depth: 1 });
  return issues;
}

function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth + 1 };
}

function notInLoop(what: string, { loop }: Scope): string {
  return `${what} may not be made inside ${loop}`;
}

function count({ least, most }: Operator): string {
  if (most === Infinity) return `at least ${least} argument${least === 1 ? '' : 's'}`;
  return least === most ? `${least} argument${least === 1 ? '' : 's'}` : `${least} or ${most} arguments`;
}
