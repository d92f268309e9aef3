import type { ExpressionNode } from './expression-tree.ts';

/**
 * What a fast path answers when it meets something it does not know by heart (a list on the way, types that do not
 * go together): the whole expression is then left to JSONata, errors included.
 */
export const SLOW = Symbol('slow');

/** A part of an expression as a plain function; gives exactly JSONata's value, or SLOW. */
export type Fast = (input: unknown, answer: unknown) => unknown;

/** Undefined when a part has no fast path. */
export type CompileFast = (node: ExpressionNode | undefined) => Fast | undefined;

/** What JSONata makes of a value where it wants true or false; a missing one is false. */
export function truth(value: unknown): boolean | typeof SLOW {
  if (value === SLOW) return SLOW;
  if (value === undefined || value === null) return false;
  if (typeof value === 'object') {
    if (Array.isArray(value) || '_jsonata_function' in value || '_jsonata_lambda' in value) return SLOW;
    return Object.keys(value).length > 0;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value !== 0 : SLOW;
  return typeof value === 'string' ? value !== '' : value === true;
}
