import type { Integration, Moment, OperationName } from '../schema/integration.ts';

/** The requests that each moment can make. */
export const OPERATIONS_AT: Record<Moment, readonly OperationName[]> = {
  buyer: ['ping', 'post', 'status'],
  before_ping: ['check', 'enrich'],
  after_outcome: ['deliver', 'retain'],
  on_event: ['deliver'],
};

/** When an integration runs: as it says, otherwise by its category. */
export function momentOf({ when, category }: Pick<Partial<Integration>, 'when' | 'category'>): Moment {
  if (when) return when;
  if (category === 'Buyer') return 'buyer';
  return category === 'Enrichment' || category === 'Compliance' ? 'before_ping' : 'after_outcome';
}
