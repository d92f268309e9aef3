import { NATIVE } from './native.ts';

export interface Operator {
  /** Number of arguments. */
  least: number;
  most: number;
  /** Evaluates its second argument once for each item of its first; `var` then reads the item, not the lead. */
  iterates?: true;
  /** Makes a text or list out of others; over and over in a loop it would outgrow memory. */
  builds?: true;
  /** Reads more of the lead than its arguments: has no place where an item is all there is. */
  ofLead?: true;
  /** What is wrong with an argument, by its place; nothing when it is right. */
  fault?: (given: unknown, nth: number) => string | undefined;
}

const some = (least: number, most = Infinity): Operator => ({ least, most });
const iterator = (most = 2): Operator => ({ least: 2, most, iterates: true });
const builder = (least: number, most = Infinity): Operator => ({ least, most, builds: true });

/**
 * The operators a rule may use: json-logic-js's own without `log` and `method`, and four of ours. It ignores surplus
 * arguments silently; here they are mistakes.
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['var', some(1, 2)],
  ['missing', some(1)],
  ['missing_some', some(2, 2)],
  ['if', some(2)],
  ['?:', some(3, 3)],
  ['and', some(1)],
  ['or', some(1)],
  ['!', some(1, 1)],
  ['!!', some(1, 1)],
  ['==', some(2, 2)],
  ['===', some(2, 2)],
  ['!=', some(2, 2)],
  ['!==', some(2, 2)],
  ['>', some(2, 2)],
  ['>=', some(2, 2)],
  ['<', some(2, 3)],
  ['<=', some(2, 3)],
  ['+', some(1)],
  ['-', some(1, 2)],
  ['*', some(1)],
  ['/', some(2, 2)],
  ['%', some(2, 2)],
  ['min', some(1)],
  ['max', some(1)],
  ['in', some(2, 2)],
  ['substr', some(2, 3)],
  ['cat', builder(1)],
  ['merge', builder(1)],
  ['map', iterator()],
  ['filter', iterator()],
  ['all', iterator()],
  ['none', iterator()],
  ['some', iterator()],
  ['reduce', iterator(3)],
  ...NATIVE,
]);

/** An operator's arguments: a single one may stand without a list. */
export function argumentsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** The operator and its value when something is an expression, as json-logic-js sees it. */
export function expressionOf(node: unknown): [operator: string, value: unknown] | undefined {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return undefined;
  const entries = Object.entries(node);
  return entries.length === 1 ? entries[0] : undefined;
}

/** The path of an operator inside an expression: `rule.and`, `rule.">="`. */
export function operatorPath(path: string, operator: string): string {
  const name = /^[A-Za-z_]\w*$/.test(operator) ? operator : JSON.stringify(operator);
  return path === '' ? name : `${path}.${name}`;
}

/** The path of an operator's nth argument. */
export function argumentPath(path: string, value: unknown, nth: number): string {
  return Array.isArray(value) ? `${path}[${nth}]` : path;
}
