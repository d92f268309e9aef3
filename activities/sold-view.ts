import { untilAnswered } from '../models/fence.ts';
import { toDecimal } from '../rules/money.ts';
import type { ActivityDeps } from './deps.ts';

/** What a service after the outcome sees beside the lead's fields: what was captured, and what became of the lead. */
export async function soldView(
  { models }: Pick<ActivityDeps, 'models'>,
  transactionId: string,
): Promise<Record<string, unknown>> {
  const lead = await untilAnswered(() => models.leads.findById(transactionId).lean().exec());
  const sales = lead?.sales ?? [];
  return {
    ...lead?.captured,
    outcome: lead?.outcome,
    reason: lead?.reason,
    price: toDecimal(sales.reduce((sum, { price }) => sum + price, 0)),
    buyer: sales.map(({ buyer }) => buyer).join(','),
  };
}
