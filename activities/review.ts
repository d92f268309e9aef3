import type { DeliveryRecord } from '../models/delivery.ts';
import { readMajority, untilAnswered } from '../models/fence.ts';
import { withdrawnFrom, type LeadRecord } from '../models/lead.ts';
import { isNo, wasSold } from '../rules/delivery.ts';
import { isTerminal } from '../rules/outcome.ts';
import { chosenBids, concludeLead, hasOpenRounds, summarise, withdrawnStep } from './conclude.ts';
import { roundsOf } from './delivery/record.ts';
import { askOnce, canAsk } from './delivery/resolve.ts';
import { settleOverdue } from './delivery/deadline.ts';
import { settleDelivery } from './delivery/settle.ts';
import { campaignOf, integrationOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { reviewHeld } from './hold.ts';
import type { LeadStep } from './steps.ts';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/**
 * Looks at a lead that ended without a final outcome: asks about its ambiguous posts, lets what is past its deadline
 * settle, and says whether the lead is to be sold on, waited for or done.
 */
export async function reviewLead(deps: ActivityDeps, { transactionId }: { transactionId: string }): Promise<LeadStep> {
  const record = await readMajority<LeadRecord>(deps.models.leads, transactionId);
  const lead = await deps.records.lead(transactionId);
  const campaign = await campaignOf(deps, lead);
  const isWithdrawn = record !== null && withdrawnFrom(record) !== undefined;
  const rounds = await settleWhatCanBe(deps, lead, isWithdrawn);
  const step: LeadStep = {
    transactionId,
    auction: await lastAuction(deps, transactionId),
    rounds: rounds.map(summarise),
    turn: record?.turn ?? 0,
    ...(record ? { ...chosenBids(record), ...withdrawnStep(record) } : {}),
    next: 'end',
  };
  const open = hasOpenRounds(rounds);
  const sold = rounds.filter(({ state }) => wasSold(state));
  const returned = sold.filter(({ state }) => state === 'returned').length;
  const grown = record !== null && sold.length > record.sales.length;
  const news =
    record !== null &&
    (record.outcome !== 'sold' ||
      sold.length !== record.sales.length ||
      returned !== record.sales.filter(({ returnedAt }) => returnedAt).length ||
      (record.open === true && !open));
  // While the lead's own workflow is open it alone continues; a final outcome stays, but a shared sale may grow, lose
  // its last doubt, or be taken back.
  const changing = record?.outcome && (!isTerminal(record.outcome) || open || grown || (sold.length > 0 && news));
  if (!changing || record.state === 'received') return step;
  if (record.outcome === 'held') return reviewHeld(deps, lead, campaign, step, record);
  if (sold.length > 0 || step.rounds.some(({ reason }) => reason === 'deadline_passed')) {
    const auction = await deps.records.auction(`${transactionId}:${step.auction}`);
    const expired = { outcome: 'expired', reason: 'deadline_passed' } as const;
    const concludedAt = record.outcome === 'sold' && !grown ? record.concludedAt : undefined;
    const concluded = news ? await concludeLead(deps, lead, campaign, step, expired, { auction, concludedAt }) : step;
    if (concluded.next !== 'end' || !open) return concluded;
    return { ...concluded, next: 'wait', until: await nextLook(deps, lead, rounds, isWithdrawn) };
  }
  if (rounds.every(({ state }) => isNo(state))) {
    return { ...step, next: 'offer', sellBy: Date.now() + campaign.settings.sellWithinMs };
  }
  return { ...step, next: 'wait', until: await nextLook(deps, lead, rounds, isWithdrawn) };
}

/** Repeats what follows from each settled delivery (harmless when done), and tries to settle the open ones. */
async function settleWhatCanBe(deps: ActivityDeps, lead: LeadFacts, isWithdrawn: boolean): Promise<DeliveryRecord[]> {
  const rounds = await roundsOf(deps.models.deliveries, lead._id);
  return Promise.all(
    rounds.map(async (delivery) => {
      if (delivery.state !== 'unknown' && delivery.state !== 'pending') {
        await settleDelivery(deps.models, delivery);
        return delivery;
      }
      const campaign = await campaignOf(deps, lead, delivery.revision);
      const integration = integrationOf(campaign, delivery.integration);
      const { captured } = await deps.records.auction(delivery.auction);
      const subject = { lead, campaign, integration, captured };
      const asked =
        canAsk(subject, delivery, isWithdrawn) && Date.now() >= nextAttempt(delivery)
          ? await askOnce(deps, subject, delivery)
          : delivery;
      return settleOverdue(deps, integration, asked);
    }),
  );
}

/** The pauses between attempts double from five seconds to six hours. Who decides later is not asked at once. */
function nextAttempt({ changedAt, attempt, state }: DeliveryRecord): number {
  let at = changedAt.getTime() + (state === 'pending' ? FIRST_PAUSE_MS : 0);
  for (let n = 1; n < attempt; n++) at += Math.min(FIRST_PAUSE_MS * 2 ** (n - 1), LONGEST_PAUSE_MS);
  return at;
}

/** When the next open delivery can be asked about, or settles by itself. */
async function nextLook(
  deps: ActivityDeps,
  lead: LeadFacts,
  rounds: readonly DeliveryRecord[],
  isWithdrawn: boolean,
): Promise<number> {
  const now = Date.now();
  let next = now + LONGEST_PAUSE_MS;
  for (const delivery of rounds) {
    if (delivery.state !== 'unknown' && delivery.state !== 'pending') continue;
    next = Math.min(next, delivery.settleBy?.getTime() ?? next);
    const campaign = await campaignOf(deps, lead, delivery.revision);
    const integration = integrationOf(campaign, delivery.integration);
    if (canAsk({ integration }, delivery, isWithdrawn)) next = Math.min(next, nextAttempt(delivery));
  }
  return Math.max(next, now + 1000);
}

/** They are numbered without gaps. */
async function lastAuction(deps: ActivityDeps, transactionId: string): Promise<number> {
  const range = { $gte: `${transactionId}:`, $lt: `${transactionId};` };
  const found = await untilAnswered(() => deps.models.auctions.countDocuments({ _id: range }));
  return Math.max(1, found);
}
