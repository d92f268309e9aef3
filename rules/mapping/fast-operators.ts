import type { ExpressionNode } from './expression-tree.ts';
import { type CompileFast, type Fast, SLOW, truth } from './fast-value.ts';

type Operator = (left: unknown, right: unknown) => unknown;

/** Comparisons, arithmetic, `&`, `and` and `or`. */
export function fastOperator(node: ExpressionNode, compile: CompileFast): Fast | undefined {
  const left = Array.isArray(node.lhs) ? undefined : compile(node.lhs);
  const right = compile(node.rhs);
  if (!left || !right) return undefined;
  if (node.value === 'and' || node.value === 'or') return fastLogic(left, right, node.value);
  const operator = Object.hasOwn(OPERATORS, node.value as string) ? OPERATORS[node.value as string] : undefined;
  if (!operator) return undefined;
  return (input, answer) => {
    const a = left(input, answer);
    if (a === SLOW) return SLOW;
    const b = right(input, answer);
    return b === SLOW ? SLOW : operator(a, b);
  };
}

function fastLogic(left: Fast, right: Fast, operator: 'and' | 'or'): Fast {
  return (input, answer) => {
    const first = truth(left(input, answer));
    if (first === SLOW) return SLOW;
    if (first === (operator === 'or')) return first;
    return truth(right(input, answer));
  };
}

const OPERATORS: Record<string, Operator> = {
  '=': (a, b) => same(a, b, true),
  '!=': (a, b) => same(a, b, false),
  '<': (a, b) => ordered(a, b, (x, y) => x < y),
  '<=': (a, b) => ordered(a, b, (x, y) => x <= y),
  '>': (a, b) => ordered(a, b, (x, y) => x > y),
  '>=': (a, b) => ordered(a, b, (x, y) => x >= y),
  '+': (a, b) => arithmetic(a, b, (x, y) => x + y),
  '-': (a, b) => arithmetic(a, b, (x, y) => x - y),
  '*': (a, b) => arithmetic(a, b, (x, y) => x * y),
  '/': (a, b) => arithmetic(a, b, (x, y) => x / y),
  '&': (a, b) => {
    const [x = '', y = ''] = [a, b];
    return typeof x === 'string' && typeof y === 'string' ? x + y : SLOW;
  },
};

/** A missing side makes both `=` and `!=` false. */
function same(a: unknown, b: unknown, wanted: boolean): unknown {
  if (a === undefined || b === undefined) return false;
  if (isObject(a) && isObject(b)) return SLOW;
  return (a === b) === wanted;
}

function ordered(a: unknown, b: unknown, compare: (x: string | number, y: string | number) => boolean): unknown {
  if (!comparable(a) || !comparable(b)) return SLOW;
  if (a === undefined || b === undefined) return undefined;
  return typeof a === typeof b ? compare(a, b) : SLOW;
}

function arithmetic(a: unknown, b: unknown, compute: (x: number, y: number) => number): unknown {
  if (typeof a !== 'number' || typeof b !== 'number') return a === undefined && b === undefined ? undefined : SLOW;
  const result = compute(a, b);
  return Number.isFinite(result) ? result : SLOW;
}

function comparable(value: unknown): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
