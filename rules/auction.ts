import type { Strategy } from '../schema/campaign.ts';
import type { Micros } from './money.ts';

export interface Bid {
  integration: string;
  buyer: string;
  /** Place of the bid among those of the same answer, from 0. */
  bidIndex: number;
  price: Micros;
  /** What it counts for beside other bids. Default its price; floors go by the price all the same. */
  ranksAs?: Micros;
  /** Lower goes first. */
  priority: number;
  /** Epoch milliseconds; the bid stands until then, exclusive. */
  expiresAt?: number;
}

export type DropReason = 'below_floor' | 'below_min_price' | 'expired' | 'zero_price';

/** A bid with its rank, from 1. */
export type RankedBid<B extends Bid = Bid> = B & { rank: number };

export interface DroppedBid<B extends Bid = Bid> {
  integration: string;
  bid: B;
  reason: DropReason;
}

export interface AuctionInput<B extends Bid = Bid> {
  strategy: Strategy;
  bids: readonly B[];
  /** Least prices: the campaign's, and the one that came with the lead. A bid at the floor is good. */
  floors: { campaign: Micros; lead?: Micros };
  /** Epoch milliseconds. */
  now: number;
  /** What equal bids are drawn by: the transaction id, so that over many leads each wins its share. */
  draw?: string;
}

export interface AuctionResult<B extends Bid = Bid> {
  ranked: RankedBid<B>[];
  dropped: DroppedBid<B>[];
}

/**
 * Ranks the bids for a lead. `highest_bid`: price, then priority; `waterfall`: priority, then price; equal ones by a
 * draw that the same lead always repeats, whatever order the answers came in. Every bid that clears is ranked at its
 * own place, several of an integration too: they are alternatives, and whoever posts takes one of an integration,
 * its best that still stands.
 */
export function runAuction<B extends Bid>({
  strategy,
  bids,
  floors,
  now,
  draw = '',
}: AuctionInput<B>): AuctionResult<B> {
  const dropped: DroppedBid<B>[] = [];
  const good: { bid: B; lot: number }[] = [];
  for (const bid of bids) {
    const reason = dropReason(bid, floors, now);
    if (reason) dropped.push({ integration: bid.integration, bid, reason });
    else good.push({ bid, lot: drawLot(`${draw}:${bid.integration}`) });
  }
  const [first, second] = strategy === 'waterfall' ? [byPriority, byPrice] : [byPrice, byPriority];
  good.sort(
    (a, b) =>
      first(a.bid, b.bid) ||
      second(a.bid, b.bid) ||
      a.lot - b.lot ||
      byText(a.bid.integration, b.bid.integration) ||
      a.bid.bidIndex - b.bid.bidIndex,
  );
  return { ranked: good.map(({ bid }, place) => ({ ...bid, rank: place + 1 })), dropped };
}

function dropReason(bid: Bid, floors: AuctionInput['floors'], now: number): DropReason | undefined {
  // A price that is no number is none: the comparison is false for it too.
  if (!(bid.price > 0 && bid.price < Infinity)) return 'zero_price';
  if (bid.expiresAt !== undefined && bid.expiresAt <= now) return 'expired';
  if (bid.price < floors.campaign) return 'below_floor';
  return floors.lead !== undefined && bid.price < floors.lead ? 'below_min_price' : undefined;
}

const byPrice = (a: Bid, b: Bid) => (b.ranksAs ?? b.price) - (a.ranksAs ?? a.price);
const byPriority = (a: Bid, b: Bid) => a.priority - b.priority;
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A number that nobody can foresee by name and that is the same on every node: FNV-1a with Murmur's final mix. */
function drawLot(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
