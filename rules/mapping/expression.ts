import jsonata from 'jsonata';
import { type ExpressionNode, withoutBody } from './expression-tree.ts';
import { compileFastPath } from './fast-path.ts';
import { SLOW } from './fast-value.ts';
import { createRegexEngine } from './regex-engine.ts';

/**
 * `stack` counts evaluations under way, and an object's fields are evaluated at the same time: it bounds recursion
 * and the number of fields alike. `timeout` in milliseconds of wall time, `sequence` in elements.
 */
const GUARDS = { stack: 2000, timeout: 200, sequence: 10_000 };

/** A compiled expression. */
export interface Expression {
  /**
   * The value over an input, at once where that is possible. Throws or rejects when the expression fails.
   * @param answer what `$answer` stands for: the whole answer, where the input is only a part of it
   */
  evaluate(input: unknown, answer?: unknown): unknown;
}

/** Parses JSONata; throws jsonata's error (`code`, `position`, `message`) on a mistake. */
export function parseExpression(source: string): { expression: jsonata.Expression; tree: ExpressionNode } {
  const expression = jsonata(source, { ...GUARDS, RegexEngine: createRegexEngine() });
  // What comes from a buyer or a seller is data and never becomes an expression.
  expression.assign('eval', undefined);
  return { expression, tree: expression.ast() as ExpressionNode };
}

/** Compiles JSONata that was checked before. */
export function compileExpression(source: string): Expression {
  const { expression, tree } = parseExpression(source);
  return combine(expression, tree);
}

/**
 * The same condition for an answer without a readable body: alternatives that look at the body are not met. Without
 * this, `$not(body.error)` would hold for every error page. Undefined when nothing is left to hold.
 */
export function compileWithoutBody(source: string): Expression | undefined {
  const { expression, tree } = parseExpression(source);
  return withoutBody(tree) && combine(expression, tree);
}

/** JSONata's own rule for what counts as true. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  if (value === null || value === undefined) return false;
  if (typeof value === 'object') {
    return !('_jsonata_function' in value || '_jsonata_lambda' in value) && Object.keys(value).length > 0;
  }
  return typeof value === 'function' ? false : Boolean(value);
}

function combine(expression: jsonata.Expression, tree: ExpressionNode): Expression {
  const fast = compileFastPath(tree);
  return {
    evaluate(input, answer) {
      const value = fast ? fast(input, answer) : SLOW;
      return value === SLOW ? expression.evaluate(input, answer === undefined ? undefined : { answer }) : value;
    },
  };
}
