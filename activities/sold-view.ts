import { untilAnswered } from '../models/fence.ts';
import type { LeadRecord } from '../models/lead.ts';
import { toDecimal } from '../rules/money.ts';
import type { ActivityDeps } from './deps.ts';

/** What a service after the outcome sees beside the lead's fields: what was captured, and what became of the lead. */
export async function soldView(
  { models }: Pick<ActivityDeps, 'models'>,
  transactionId: string,
): Promise<Record<string, unknown>> {
  const lead = await untilAnswered(() => models.leads.findById(transactionId).lean().exec());
  return soldViewOf(lead ?? { sales: [] });
}

/** The same of a lead that was read. */
export function soldViewOf({
  captured,
  outcome,
  reason,
  sales,
}: Pick<LeadRecord, 'captured' | 'outcome' | 'reason' | 'sales'>): Record<string, unknown> {
  return {
    ...captured,
    outcome,
    reason,
    price: toDecimal(sales.reduce((sum, { price }) => sum + price, 0)),
    buyer: sales.map(({ buyer }) => buyer).join(','),
  };
}
