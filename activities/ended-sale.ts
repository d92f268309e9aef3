import { untilAnswered } from '../models/fence.ts';
import { isTerminal } from '../rules/outcome.ts';
import { summary } from './auction.ts';
import { ending, summarise } from './conclude.ts';
import { roundsOf } from './delivery/record.ts';
import type { ActivityDeps } from './deps.ts';
import type { SaleResult } from './steps.ts';

/**
 * What the records tell of a sale that has ended for good, for a workflow that comes after it: its node died, or could
 * not start it in time. Undefined while there is something to decide yet.
 */
export async function endedSale(
  { models, records }: Pick<ActivityDeps, 'models' | 'records'>,
  transactionId: string,
): Promise<SaleResult | undefined> {
  const lead = await untilAnswered(() => models.leads.findById(transactionId).read('primary').lean().exec());
  if (lead?.state !== 'concluded' || !lead.outcome || !isTerminal(lead.outcome) || lead.open) return undefined;
  const auction = await records.findAuction(`${transactionId}:1`);
  const rounds = (await roundsOf(models.deliveries, transactionId)).map(summarise);
  return {
    ...(auction ? summary(auction) : { participants: {}, ranked: [] }),
    ...{ transactionId, auction: 1, rounds, turn: lead.turn, next: 'end' },
    ...ending(lead),
  };
}
