import jsonLogic from 'json-logic-js';
import type { Domain } from './never.ts';

/** What is left of a variable's values under conditions that hold together, compared as JSON-Logic does. */
export interface Range {
  narrow(operator: string, value: unknown): void;
  isEmpty(): boolean;
}

interface Bound {
  at: number;
  included: boolean;
}

export function createRange(domain: Domain | undefined): Range {
  let values = domain && 'values' in domain ? domain.values : undefined;
  let low: Bound = { at: domain && 'min' in domain ? domain.min : -Infinity, included: true };
  let high: Bound = { at: domain && 'max' in domain ? domain.max : Infinity, included: true };

  /** The values that stay; without a list of them, those that are named now. */
  function keep(named: readonly unknown[], same: (a: unknown, b: unknown) => boolean): void {
    values = (values ?? named).filter((value) => named.some((other) => same(value, other)));
  }

  return {
    narrow(operator, value) {
      if (operator === 'in') {
        // In a text is something else: a part of it.
        if (Array.isArray(value)) keep(value, (a, b) => a === b);
      } else if (operator === '===') keep([value], (a, b) => a === b);
      else if (operator === '==') keep([value], isEqual);
      else if (typeof value === 'number') {
        const bound = { at: value, included: operator.endsWith('=') };
        if (operator.startsWith('<')) high = tighter(high, bound, (a, b) => a < b);
        else low = tighter(low, bound, (a, b) => a > b);
      }
    },
    isEmpty() {
      if (low.at > high.at || (low.at === high.at && !(low.included && high.included))) return true;
      return values !== undefined && !values.some((value) => within(Number(value), low, high));
    },
  };
}

function tighter(known: Bound, bound: Bound, isTighter: (a: number, b: number) => boolean): Bound {
  if (known.at === bound.at) return { at: known.at, included: known.included && bound.included };
  return isTighter(bound.at, known.at) ? bound : known;
}

function within(value: number, low: Bound, high: Bound): boolean {
  // Nothing is known to be wrong with what is no number while nothing bounds it.
  const above = low.at === -Infinity || value > low.at || (low.included && value === low.at);
  const below = high.at === Infinity || value < high.at || (high.included && value === high.at);
  return above && below;
}

function isEqual(a: unknown, b: unknown): boolean {
  return jsonLogic.apply({ '==': [a, b] } as never, {}) === true;
}
