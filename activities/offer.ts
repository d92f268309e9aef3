import type { CompiledCampaign } from '../config/compile.ts';
import type { AuctionRecord, StandingBid } from '../models/auction.ts';
import { untilAnswered } from '../models/fence.ts';
import type { LeadRecord, Offer } from '../models/lead.ts';
import { native } from '../models/native.ts';
import { hasConsent } from '../rules/consent.ts';
import { isNo, mayOffer } from '../rules/delivery.ts';
import { alreadyAsked, nextBid } from '../rules/next-bid.ts';
import { payoutOf, termsAfter } from '../rules/payout.ts';
import { concludeLead, summarise, unsold, withdrawnStep } from './conclude.ts';
import { playRound } from './delivery/round.ts';
import { campaignOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import type { LeadStep } from './steps.ts';

/** Offers the lead to the next buyer in rank, and concludes it when that decided it. */
export async function offerLead(deps: ActivityDeps, step: LeadStep): Promise<LeadStep> {
  const lead = await deps.records.lead(step.transactionId);
  const auction = await deps.records.auction(`${lead._id}:${step.auction}`);
  const campaign = await campaignOf(deps, lead, auction.revision);
  const { settings } = campaign;

  const places = (rounds: LeadStep['rounds']) =>
    mayOffer(rounds, settings.maxBuyers) &&
    !auction.blockedBy &&
    !rounds.some(({ reason }) => reason === 'deadline_passed') &&
    postsOf(rounds) < settings.maxPosts;
  const outOfTime = () => Date.now() >= (step.sellBy ?? lead.sellBy.getTime());

  let { rounds } = step;
  let played;
  let offers: Offer[] = [];
  const { withdrawn } = places(rounds) ? await withdrawnNow(deps, step) : step;
  if (places(rounds) && !withdrawn && !outOfTime()) {
    const { ranked, defaultBid, pingAgain } = consented(lead, campaign, auction, step);
    const next = nextBid(ranked, defaultBid, rounds, Date.now(), campaign.plan.groups);
    if ('bid' in next) {
      const subject = { lead, campaign, captured: auction.captured };
      // Without the posts that came to nothing, or its time on hold, the lead would be sold no more.
      const recovers = step.holdUntil !== undefined || postsOf(rounds) >= settings.maxBuyers;
      played = await playRound(deps, subject, rounds.length + 1, auction, next.bid, recovers);
      rounds = [...rounds, summarise(played)];
      if (places(rounds)) return { ...step, rounds, next: 'offer' };
    } else if (
      next.none === 'expired' &&
      pingAgain &&
      step.auction < settings.maxAuctions &&
      rounds.every(({ state }) => isNo(state))
    ) {
      return { ...step, auction: step.auction + 1, next: 'auction' };
    } else {
      offers = remainingOffers(lead, campaign, auction, rounds);
    }
  }
  const decided = { ...step, rounds, ...(withdrawn ? { withdrawn } : {}) };
  // Bids remain that pay less than the seller was told, or that it did not pick: it decides about them.
  if (offers.length > 0) {
    const asked = { outcome: 'held', reason: 'awaiting_seller' } as const;
    return concludeLead(deps, lead, campaign, decided, asked, { auction, offers });
  }
  return concludeLead(deps, lead, campaign, decided, unsold(campaign, auction, decided, outOfTime()), {
    auction,
    played,
  });
}

/** Before a further buyer is sent the lead: whether it was withdrawn since the first was. */
async function withdrawnNow({ models }: ActivityDeps, step: LeadStep): Promise<Pick<LeadStep, 'withdrawn'>> {
  if (step.withdrawn || step.rounds.length === 0) return step;
  const found = await untilAnswered(() =>
    native<LeadRecord>(models.leads).findOne(
      { _id: step.transactionId },
      { projection: { revokedAt: 1, erasedAt: 1 } },
    ),
  );
  return withdrawnStep(found ?? {});
}

function postsOf(rounds: LeadStep['rounds']): number {
  return rounds.filter(({ state }) => state !== 'not_sent').length;
}

/**
 * The bids that may be taken without asking the seller. Of a posted ping those it agreed to; who picked bids, or is to
 * be asked about lower ones, was quoted these bids and no others, so the buyers are not pinged again for it.
 */
function consented(lead: LeadFacts, { settings }: CompiledCampaign, auction: AuctionRecord, step: LeadStep) {
  const { ranked, defaultBid } = auction;
  if (!lead.ping) return { ranked, defaultBid, pingAgain: true };
  const chosen = step.chosen ?? lead.ping.chosen;
  const consent = { afterReject: settings.afterReject, quote: lead.ping.quote, ...(chosen ? { chosen } : {}) };
  const agreed = (bid: StandingBid) =>
    hasConsent(consent, { payout: quotedPayout(lead, bid), ...(bid.offer ? { offer: bid.offer } : {}) });
  return {
    ranked: ranked.filter(agreed),
    defaultBid: defaultBid && agreed(defaultBid) ? defaultBid : undefined,
    pingAgain: !chosen && settings.afterReject === 'continue',
  };
}

/** The bids that the seller of a posted ping is asked about: those that stand, of buyers that were not asked yet. */
function remainingOffers(
  lead: LeadFacts,
  { settings }: CompiledCampaign,
  { ranked }: AuctionRecord,
  rounds: LeadStep['rounds'],
): Offer[] {
  if (!lead.ping || settings.afterReject !== 'ask' || !rounds.every(({ state }) => isNo(state))) return [];
  const asked = alreadyAsked(rounds);
  const now = Date.now();
  return ranked.flatMap((bid) => {
    const { integration, offer, expiresAt } = bid;
    return offer && expiresAt > now && !asked.has(integration)
      ? [{ id: offer, payout: quotedPayout(lead, bid), expiresAt }]
      : [];
  });
}

function quotedPayout({ payout }: Pick<LeadFacts, 'payout'>, { margins, price }: StandingBid): number {
  return payoutOf(termsAfter(payout, margins), price);
}
