import { compileFields } from './fields.ts';
import { TRACKING, type COST_OPERATIONS } from './fields/tracking.ts';

/** Reads the standard tracking fields of a lead: sub ids, UTM parameters, click ids, costs, floor and consent. */
export const TRACKING_FIELDS = compileFields(TRACKING);

/** The one spelling of a stored `cost_operation`. Default override. */
export function costOperation(stored: unknown): Exclude<(typeof COST_OPERATIONS)[number], 'substract'> {
  if (stored === 'substract') return 'subtract';
  return stored === 'add' || stored === 'subtract' ? stored : 'override';
}
