import type { LeadModels } from '../../models/models.ts';
import type { Stage } from './stages.ts';

/**
 * What one collection adds to a report: one document for each group, `_id` the group's dimensions, beside it the
 * figures the collection knows. A report is the sum of its contributions; figures of a further collection join it as
 * one more of them.
 */
export interface Contribution {
  from: keyof Pick<LeadModels, 'leads' | 'clicks' | 'ledger' | 'deliveries' | 'events' | 'listingOffers'>;
  stages: Stage[];
}
