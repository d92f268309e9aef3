import type { AuctionRecord } from '../../models/auction.ts';
import type { Offer } from '../../models/lead.ts';
import type { PingRecord } from '../../models/ping.ts';
import { toDecimal } from '../../rules/money.ts';
import { payoutOf, termsAfter } from '../../rules/payout.ts';
import type { LeadAnswer } from './answer.ts';
import { expiry, offerAnswer } from './answer.ts';

/** The bids of a ping as its seller may post to them, best first; the default buyer's only when there is no other. */
export function offersOf(
  { payout }: Pick<PingRecord, 'payout'>,
  { ranked, defaultBid, blockedBy, at }: AuctionRecord,
): Offer[] {
  if (blockedBy) return [];
  const bids = ranked.length === 0 && defaultBid ? [defaultBid] : ranked;
  return bids.flatMap(({ offer, price, expiresAt, margins }) =>
    offer
      ? [
          {
            id: offer,
            payout: payoutOf(termsAfter(payout, margins), price),
            expiresAt: Math.min(expiresAt, at.getTime() + LONGEST_MS),
          },
        ]
      : [],
  );
}

/** The default buyer's offer has no end of its own. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * What a seller is told about its ping: the best bid or all of them, at what they pay the seller, under names that say
 * nothing about the buyers. 202 while there is no answer yet.
 */
export function pingAnswer(
  ping: PingRecord,
  auction: AuctionRecord | undefined,
  show: 'best' | 'all',
  publicUrl: string,
): LeadAnswer {
  const { _id, lead, mode } = ping;
  const known = { ping_id: _id, transaction_id: lead };
  const sandbox = mode === 'test' ? { sandbox: true } : {};
  if (!auction) {
    const open = { outcome: 'processing', status_url: `${publicUrl}/api/ping/${_id}` };
    return { status: 202, body: { status: 202, type: 'success', ...known, ...open, ...sandbox } };
  }
  const now = Date.now();
  const offers = offersOf(ping, auction);
  const [best] = offers;
  const answer = best
    ? {
        outcome: 'bid',
        price: toDecimal(best.payout),
        ...expiry(best.expiresAt, now),
        ...(show === 'all' ? { bids: offers.map((offer) => offerAnswer(offer, now)) } : {}),
      }
    : { outcome: 'no_bid', reason: noBidReason(auction) };
  return { status: 200, body: { status: 200, type: 'success', ...known, ...answer, ...sandbox } };
}

function noBidReason({
  duplicate,
  blockedBy,
  participants,
}: AuctionRecord): 'duplicate' | 'compliance' | 'no_bid' | 'no_eligible_buyer' {
  if (duplicate) return 'duplicate';
  if (blockedBy) return 'compliance';
  return participants.some(({ result }) => result === 'bid' || result === 'no_bid') ? 'no_bid' : 'no_eligible_buyer';
}
