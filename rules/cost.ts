import { MICROS_PER_DOLLAR, toDecimal, type Micros } from './money.ts';
import { costOperation } from './tracking.ts';

/** Tracking fields as a lead or a click carries them: `cost` in plain dollars, below zero for a refund. */
export type TrackingValues = Readonly<Record<string, string | number | boolean>>;

/**
 * What a lead costs its seller after these fields, in micro-dollars: `cost` is added to what it cost `before`, taken
 * from it, or replaces it. Without a `cost` nothing changes.
 */
export function costAfter(before: Micros, { cost, cost_operation: operation }: TrackingValues): Micros {
  if (typeof cost !== 'number') return before;
  const micros = Math.floor(cost * MICROS_PER_DOLLAR + 0.5);
  switch (costOperation(operation)) {
    case 'add':
      return before + micros;
    case 'subtract':
      return before - micros;
    case 'override':
      return micros;
  }
}

/**
 * The tracking fields of a lead that come in two parts, such as a click's and then its lead's: what the later part says
 * holds, and its `cost` changes what the earlier part said the lead cost.
 */
export function joinTracking(
  earlier: TrackingValues,
  later: TrackingValues,
): Record<string, string | number | boolean> {
  const { cost_operation: operation, ...joined } = { ...earlier, ...later };
  if (typeof later['cost'] !== 'number') {
    // An operation without a cost says nothing; the earlier cost keeps its own.
    const own = earlier['cost_operation'] ?? operation;
    return own === undefined ? joined : { ...joined, cost_operation: own };
  }
  return { ...joined, cost: toDecimal(costAfter(costAfter(0, earlier), later)) };
}
