import type { Logic } from '../../schema/filters.ts';
import { argumentsOf, expressionOf } from './operators.ts';
import { compilePattern } from './pattern.ts';

declare const prepared: unique symbol;
/** Logic whose patterns are compiled: it looks the same, with functions in their places. */
export type RunnableLogic = Logic & { readonly [prepared]: true };

/** A question that a rule asks a list: whether it has the value of this variable. */
export interface ListQuestion {
  list: string;
  variable: string;
}

/** Prepares an expression that `checkLogic` found nothing wrong with, once for all leads. */
export function compileLogic(logic: Logic): RunnableLogic {
  return prepare(logic) as RunnableLogic;
}

function prepare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(prepare);
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return node;
  if (operator === 'matches') {
    const [text, pattern] = argumentsOf(value);
    return { matches: [prepare(text), compilePattern(String(pattern))] };
  }
  return { [operator]: prepare(value) };
}

/** What an expression asks of lists. */
export function listQuestions(node: unknown): ListQuestion[] {
  if (Array.isArray(node)) return node.flatMap(listQuestions);
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return [];
  const given = argumentsOf(value);
  if (operator !== 'in_list') return given.flatMap(listQuestions);
  const variable = argumentsOf(expressionOf(given[0])?.[1])[0];
  return [{ list: String(given[1]), variable: String(variable) }];
}
