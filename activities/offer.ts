import { isNo, mayOffer } from '../rules/delivery.ts';
import { nextBid } from '../rules/next-bid.ts';
import { concludeLead, summarise, unsold } from './conclude.ts';
import { playRound } from './delivery/round.ts';
import { campaignOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadStep } from './steps.ts';

/** Times the buyers of one lead may be pinged: bids that expired are asked for again. */
const MAX_AUCTIONS = 3;

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
    rounds.filter(({ state }) => state !== 'not_sent').length < settings.maxPosts;
  const outOfTime = () => Date.now() >= (step.sellBy ?? lead.sellBy.getTime());

  let { rounds } = step;
  let played;
  if (places(rounds) && !outOfTime()) {
    const next = nextBid(auction.ranked, auction.defaultBid, rounds, Date.now());
    if ('bid' in next) {
      const subject = { lead, campaign, captured: auction.captured };
      played = await playRound(deps, subject, rounds.length + 1, auction, next.bid);
      rounds = [...rounds, summarise(played)];
      if (places(rounds)) return { ...step, rounds, next: 'offer' };
    } else if (next.none === 'expired' && step.auction < MAX_AUCTIONS && rounds.every(({ state }) => isNo(state))) {
      return { ...step, auction: step.auction + 1, next: 'auction' };
    }
  }
  const decided = { ...step, rounds };
  return concludeLead(deps, lead, campaign, decided, unsold(campaign, auction, decided, outOfTime()), {
    auction,
    played,
  });
}
