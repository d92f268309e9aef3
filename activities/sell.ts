import { auctionLead } from './auction.ts';
import type { ActivityDeps } from './deps.ts';
import { endedSale } from './ended-sale.ts';
import { offerLead } from './offer.ts';
import type { LeadStep, SaleResult } from './steps.ts';

/**
 * Takes a lead from where it stands to an outcome: auction, then post after post. One step of the workflow does all of
 * it, since every further step costs the seller a trip through the workflow; each decision on the way is fenced by its
 * own record, so the step may be run again at any point. Its result is what an operator reads in the timeline.
 */
export async function sellLead(deps: ActivityDeps, from: LeadStep): Promise<SaleResult> {
  // A continuation sells on from where it stands; only the lead's first step has a sale to join, or comes after it.
  const first = from.rounds.length === 0 && from.sellBy === undefined;
  if (!first) return sell(deps, from);
  const { transactionId } = from;
  return (
    (await deps.earlySales.join(transactionId)) ?? (await endedSale(deps, transactionId)) ?? (await sell(deps, from))
  );
}

/** Begins the sale of a lead that was just stored; the workflow that is about to be started joins it. */
export function beginSale(deps: ActivityDeps, transactionId: string): void {
  void deps.earlySales.begin(transactionId, () => sell(deps, firstStep(transactionId)));
}

/** Where every lead begins. */
function firstStep(transactionId: string): LeadStep {
  return { transactionId, auction: 1, rounds: [], turn: 0, next: 'auction' };
}

async function sell(deps: ActivityDeps, from: LeadStep): Promise<SaleResult> {
  let step = from;
  let participants: SaleResult['participants'] = {};
  let ranked: SaleResult['ranked'] = [];
  while (step.next === 'auction' || step.next === 'offer') {
    if (step.next === 'auction') {
      ({ participants, ranked } = await auctionLead(deps, step));
      step = { ...step, next: 'offer' };
    } else {
      step = await offerLead(deps, step);
    }
  }
  return { participants, ranked, ...step };
}
