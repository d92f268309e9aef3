import type { Integration, Moment } from '../schema/integration.ts';

/** When an integration runs: as it says, otherwise by its category. */
export function momentOf({ when, category }: Pick<Partial<Integration>, 'when' | 'category'>): Moment {
  if (when) return when;
  if (category === 'Buyer') return 'buyer';
  return category === 'Enrichment' || category === 'Compliance' ? 'before_ping' : 'after_outcome';
}
