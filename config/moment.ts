import type { Integration, Moment, OperationName } from '../schema/integration.ts';

/** The requests that each moment can make. */
export const OPERATIONS_AT: Record<Moment, readonly OperationName[]> = {
  buyer: ['ping', 'post', 'status', 'return', 'revoke', 'erase'],
  before_ping: ['check', 'enrich', 'revoke', 'erase'],
  after_outcome: ['deliver', 'retain', 'revoke', 'erase'],
  on_event: ['deliver', 'revoke', 'erase'],
  listing: ['click'],
};

/** When an integration runs: as it says, otherwise by its category. */
export function momentOf({ when, category }: Pick<Partial<Integration>, 'when' | 'category'>): Moment {
  if (when) return when;
  if (category === 'Buyer') return 'buyer';
  if (category === 'Click Network') return 'listing';
  return category === 'Enrichment' || category === 'Compliance' ? 'before_ping' : 'after_outcome';
}
