import type { CompiledCampaign } from '../config/compile.ts';
import type { AuctionRecord } from '../models/auction.ts';
import type { DeliveryRecord } from '../models/delivery.ts';
import { insertOnce, untilAnswered } from '../models/fence.ts';
import { withdrawnFrom, type LeadRecord, type Offer, type Sale } from '../models/lead.ts';
import { native } from '../models/native.ts';
import { putRow, resumeRow, type OutboxRecord } from '../models/outbox.ts';
import { wasSold, type RoundState } from '../rules/delivery.ts';
import { isTerminal, outcomeOf, type Outcome, type OutcomeReason } from '../rules/outcome.ts';
import { toDecimal } from '../rules/money.ts';
import { payoutOf } from '../rules/payout.ts';
import { roundsOf } from './delivery/record.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { newsFor } from './postback/news.ts';
import type { LeadStep, RoundSummary } from './steps.ts';

/** Outcomes that a conclusion may replace. A sale is replaced only by a sale, of more buyers. */
function replaceableBy(outcome: Outcome): Outcome[] {
  return outcome === 'sold' ? ['held', 'pending', 'unknown', 'sold'] : ['held', 'pending', 'unknown'];
}

/** One round, without anything personal, for the workflow's history. */
export function summarise(delivery: DeliveryRecord): RoundSummary {
  const { round, integration, buyer, state, reason } = delivery;
  const { exclusive, group } = delivery.bid;
  const price = toDecimal(delivery.price ?? delivery.bid.price);
  const share = { ...(exclusive ? { exclusive } : {}), ...(group === undefined ? {} : { group }) };
  return { round, integration, buyer, state, price, ...share, ...(reason ? { reason } : {}) };
}

/** What becomes of a lead that nobody bought and nobody still decides about. */
export function unsold(
  campaign: CompiledCampaign,
  auction: AuctionRecord,
  step: Pick<LeadStep, 'rounds' | 'withdrawn'>,
  outOfTime: boolean,
): { outcome: Outcome; reason: OutcomeReason } {
  if (step.withdrawn) return { outcome: 'cancelled', reason: step.withdrawn };
  if (auction.blockedBy) return { outcome: 'rejected', reason: 'compliance' };
  if (step.rounds.some(({ reason }) => reason === 'deadline_passed')) {
    return { outcome: 'expired', reason: 'deadline_passed' };
  }
  const outcome = campaign.settings.noBuyer === 'hold' ? 'held' : 'rejected';
  if (outOfTime) return { outcome, reason: 'out_of_time' };
  if (step.rounds.length > 0) return { outcome, reason: 'bids_exhausted' };
  const asked = auction.participants.some(({ result }) => result === 'bid' || result === 'no_bid');
  return { outcome, reason: asked ? 'no_bid' : 'no_eligible_buyer' };
}

/**
 * Gives the lead its outcome, unless something was settled from outside since `step` was read: then the step comes back
 * refreshed, to be decided anew. What has to start after the outcome is in the outbox before the outcome is.
 *
 * @param seen the auction the lead stands at, the round just played, which saves reading it back, the bids about which
 *   the seller is asked, and when the lead was concluded, where that stays
 */
export async function concludeLead(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  step: LeadStep,
  otherwise: { outcome: Outcome; reason: OutcomeReason },
  seen: { auction: Pick<AuctionRecord, 'captured'>; played?: DeliveryRecord; offers?: Offer[]; concludedAt?: Date },
): Promise<LeadStep> {
  const { leads } = deps.models;
  const { auction, played, offers } = seen;
  const { outcome, reason } = outcomeOf(step.rounds, otherwise);
  const sold = step.rounds.filter(({ state }) => wasSold(state));
  const deliveries = await soldRounds(deps, lead, sold, played);
  const sales = deliveries.map(saleOf);
  const captured = Object.assign({}, auction.captured, ...deliveries.map((delivery) => delivery.captured));
  const open = !isTerminal(outcome) || hasOpenRounds(step.rounds);
  const news = await newsFor(deps, lead, { outcome, reason, open, sales });
  const rows = [...workAfter(lead, campaign, outcome, open, reason), ...news.rows];
  if (rows.length > 0) await writeRows(deps, rows);
  const now = new Date();
  const keptUntil = offers
    ? Math.max(...offers.map(({ expiresAt }) => expiresAt))
    : (step.holdUntil ?? now.getTime() + campaign.settings.holdMinutes * 60_000);
  const holdUntil = outcome === 'held' ? new Date(keptUntil) : undefined;
  const result = await untilAnswered(() =>
    native<LeadRecord>(leads).updateOne(
      {
        _id: lead._id,
        turn: step.turn,
        $or: [{ state: 'received' }, { outcome: { $in: replaceableBy(outcome) } }],
      },
      {
        $set: {
          state: 'concluded',
          outcome,
          reason,
          sales,
          captured,
          concludedAt: seen.concludedAt ?? now,
          open,
          ...news.told,
          ...(holdUntil ? { holdUntil } : {}),
          ...(offers ? { offers } : {}),
        },
      },
    ),
  );
  if (result.matchedCount === 0) {
    const current = await untilAnswered(() => leads.findById(lead._id).lean().exec());
    if (current && current.turn !== step.turn) return refresh(deps, lead, step, current);
    return { ...step, next: 'end', outcome, reason, ...(current ? ending(current) : {}) };
  }
  deps.observer.concluded(lead._id, { outcome, reason, sales, offers });
  deps.kick(rows);
  const buyers = sold.map(({ buyer }) => buyer);
  return { ...step, next: 'end', outcome, reason, ...(buyers.length > 0 ? { buyers } : {}) };
}

/** Reads a step anew from the records: the truth after something was settled from outside. */
export async function refresh(
  deps: ActivityDeps,
  lead: LeadFacts,
  step: LeadStep,
  current: Pick<LeadRecord, 'turn' | 'choice' | 'revokedAt' | 'erasedAt'>,
): Promise<LeadStep> {
  const rounds = await roundsOf(deps.models.deliveries, lead._id);
  return {
    ...step,
    ...chosenBids(current),
    ...withdrawnStep(current),
    rounds: rounds.map(summarise),
    turn: current.turn,
    next: 'offer',
  };
}

/** The bids that the seller picked when it was asked, as a step holds them. */
export function chosenBids({ choice }: Pick<LeadRecord, 'choice'>): Pick<LeadStep, 'chosen'> {
  return choice ? { chosen: choice.bids } : {};
}

/** As a step holds that its lead was withdrawn. */
export function withdrawnStep(lead: Pick<LeadRecord, 'revokedAt' | 'erasedAt'>): Pick<LeadStep, 'withdrawn'> {
  const withdrawn = withdrawnFrom(lead);
  return withdrawn ? { withdrawn } : {};
}

/** How a lead ended, as its record has it. */
export function ending({ outcome, reason, sales }: Pick<LeadRecord, 'outcome' | 'reason' | 'sales'>) {
  const buyers = sales.map(({ buyer }) => buyer);
  return {
    ...(outcome ? { outcome } : {}),
    ...(reason ? { reason } : {}),
    ...(buyers.length > 0 ? { buyers } : {}),
  };
}

async function soldRounds(
  deps: ActivityDeps,
  lead: LeadFacts,
  sold: readonly RoundSummary[],
  played: DeliveryRecord | undefined,
): Promise<DeliveryRecord[]> {
  if (sold.length === 0) return [];
  const [only, ...others] = sold;
  if (played && others.length === 0 && only?.round === played.round) return [played];
  return (await roundsOf(deps.models.deliveries, lead._id)).filter(({ state }) => wasSold(state));
}

function saleOf({ _id, integration, buyer, bid, payout, redirectUrl, ...delivery }: DeliveryRecord): Sale {
  const price = delivery.price ?? bid.price;
  return {
    delivery: _id,
    integration,
    buyer,
    price,
    payout: payoutOf(payout, price),
    ...(payout?.kept ? { kept: true } : {}),
    ...(bid.offer ? { offer: bid.offer } : {}),
    ...(redirectUrl ? { redirectUrl } : {}),
    ...(delivery.state === 'returned' ? { returnedAt: delivery.changedAt } : {}),
  };
}

/** A shared lead may be sold while another of its buyers has not answered clearly. */
export function hasOpenRounds(rounds: readonly RoundState[]): boolean {
  return rounds.some(({ state }) => state === 'unknown' || state === 'pending');
}

function workAfter(
  lead: LeadFacts,
  campaign: CompiledCampaign,
  outcome: Outcome,
  open: boolean,
  reason: OutcomeReason,
): OutboxRecord[] {
  const at = new Date();
  // A seller that is asked which bid to take has not been answered yet.
  const asking = reason === 'awaiting_seller';
  const followUps = campaign.followUps
    .filter(({ integration }) => !asking && (integration.outcomes ?? ['sold']).some((followed) => followed === outcome))
    .map(({ id }) => ({
      _id: `follow_up:${lead._id}:${id}`,
      kind: 'follow_up' as const,
      lead: lead._id,
      integration: id,
      at,
    }));
  if (!open) return followUps;
  return [...followUps, resumeRow(lead._id)];
}

async function writeRows(deps: ActivityDeps, rows: readonly OutboxRecord[]): Promise<void> {
  await Promise.all(
    // A postback's row may still be there from a conclusion that did not come about: its time starts anew.
    rows.map((row) => (row.kind === 'postback' ? putRow : insertOnce<OutboxRecord>)(deps.models.outbox, row)),
  );
}
