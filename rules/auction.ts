import type { Strategy } from '../schema/auction.ts';
import { dropReason, type Bid, type DropReason, type Floors } from './auction/bid.ts';
import { drawLot, drawWeighted, takeTurns } from './auction/draw.ts';
import { orderHybrid, type Alternatives } from './auction/hybrid.ts';
import { compareEntries, decide, expectedValue, type Criterion, type Entry } from './auction/order.ts';
import type { Group } from './auction/plan.ts';
import type { Micros } from './money.ts';

export type { Bid, DropReason } from './auction/bid.ts';

/**
 * Why a bid is where it is: what puts it behind the one before it, or the first one before the second. Beside what
 * bids are compared by: `exclusive_or_shared` where that brings more; `asked_once` for a further bid of an integration
 * that is offered another one first; `answer_order` for equal bids of one answer.
 */
export type Why = Criterion | 'only_bid' | 'answer_order' | 'exclusive_or_shared' | 'asked_once';

/** A bid with its rank, from 1. */
export type RankedBid<B extends Bid = Bid> = B & {
  rank: number;
  why: Why;
  /** Price times expected acceptance, where the bid was compared by it. */
  expected?: Micros;
};

export interface DroppedBid<B extends Bid = Bid> {
  integration: string;
  bid: B;
  reason: DropReason;
}

export interface AuctionInput<B extends Bid = Bid> {
  strategy: Strategy;
  bids: readonly B[];
  floors: Floors;
  /** Epoch milliseconds. */
  now: number;
  /** What equal bids are drawn by: the transaction id, so that over many leads each wins its share. */
  draw?: string;
  /** Groups in the order in which they are tried. Default one, of everybody. */
  groups?: readonly Group[];
  /** Part of its posts that an integration is expected to accept. Default 1 for everybody. */
  acceptance?: (integration: string) => number;
  /** Numbers drawn for groups that take turns, by group; `''` is the group without an id. */
  turns?: Readonly<Record<string, number>>;
  /** Buyers the lead may go to. Default 1. */
  maxBuyers?: number;
  /** Whether exclusive bids compete with shared ones together. Default no: where a lead is shared they are dropped. */
  hybrid?: boolean;
}

export interface AuctionResult<B extends Bid = Bid> {
  ranked: RankedBid<B>[];
  dropped: DroppedBid<B>[];
  /** What there was to choose from, where exclusive bids competed with shared ones; of the first group that has any. */
  alternatives?: Alternatives;
}

/**
 * Ranks the bids for a lead: those with an agreement first, then group after group, each by its strategy (see
 * `auction/order.ts`), the same for the same lead whatever order the answers came in. Every bid that clears is ranked
 * at its own place, several of an integration too: they are alternatives, and whoever posts takes one of an
 * integration, its best that still stands.
 */
export function runAuction<B extends Bid>(input: AuctionInput<B>): AuctionResult<B> {
  const { strategy, bids, floors, now, maxBuyers = 1, hybrid = false } = input;
  const groups = input.groups ?? [{ strategy, stops: true }];
  const dropped: DroppedBid<B>[] = [];
  const good: B[] = [];
  for (const bid of bids) {
    const wantsItAlone = bid.exclusive && !bid.agreement && maxBuyers > 1 && !hybrid;
    const reason = dropReason(bid, floors, now) ?? (wantsItAlone ? 'exclusive_only' : undefined);
    if (reason) dropped.push({ integration: bid.integration, bid, reason });
    else good.push(bid);
  }
  const strategyOf = (group: number) => groups[group]?.strategy ?? strategy;
  const entries = entriesOf(input, groups, good);
  entries.sort((a, b) => compareEntries(a, b, strategyOf));
  const shared = hybrid && maxBuyers > 1 ? shareOut(entries, groups, maxBuyers) : { order: entries };
  return {
    ranked: shared.order.map((entry, at) => ({
      ...entry.bid,
      rank: at + 1,
      why: whyOf(shared.order, at, strategyOf),
      ...(strategyOf(entry.group) === 'expected_value' ? { expected: expectedValue(entry) } : {}),
    })),
    dropped,
    ...(shared.alternatives ? { alternatives: shared.alternatives } : {}),
  };
}

function entriesOf<B extends Bid>(
  { draw = '', acceptance = () => 1, turns = {} }: AuctionInput<B>,
  groups: readonly Group[],
  bids: readonly B[],
): Entry<B>[] {
  const groupOf = ({ group }: Bid) => {
    const at = group === undefined ? -1 : groups.findIndex(({ id }) => id === group);
    return at < 0 ? groups.length - 1 : at;
  };
  const order = groups.map(({ id = '', strategy }, at) => {
    if (strategy !== 'round_robin') return undefined;
    const names = bids.filter((bid) => !bid.agreement && groupOf(bid) === at).map(({ integration }) => integration);
    return takeTurns(turns[id] ?? drawLot(draw), names);
  });
  return bids.map((bid) => {
    const { integration, weight = 1 } = bid;
    const group = groupOf(bid);
    const lot = drawLot(`${draw}:${integration}`);
    return {
      bid,
      group,
      value: bid.ranksAs ?? bid.price,
      lot,
      weighted: groups[group]?.strategy === 'weighted' ? drawWeighted(lot, weight) : 0,
      turn: order[group]?.get(integration) ?? 0,
      acceptance: () => acceptance(integration),
    };
  });
}

/** Within each group, exclusive bids against shared ones; a bid by agreement competes with nobody. */
function shareOut<B extends Bid>(entries: readonly Entry<B>[], groups: readonly Group[], maxBuyers: number) {
  const order = entries.filter(({ bid }) => bid.agreement);
  let alternatives: Alternatives | undefined;
  for (const [at, { maxBuyers: own = maxBuyers }] of groups.entries()) {
    const members = entries.filter(({ bid, group }) => !bid.agreement && group === at);
    if (members.length === 0) continue;
    const byBid = new Map<B, Entry<B>>(members.map((entry) => [entry.bid, entry]));
    const mixed = orderHybrid([...byBid.keys()], Math.min(own, maxBuyers));
    order.push(...mixed.order.map((bid) => byBid.get(bid)!));
    const { exclusive, shared } = mixed;
    if (exclusive !== undefined) alternatives ??= { exclusive, shared };
  }
  return { order, ...(alternatives ? { alternatives } : {}) };
}

function whyOf(order: readonly Entry[], at: number, strategyOf: (group: number) => Strategy): Why {
  const [ahead, behind] = at === 0 ? [order[0], order[1]] : [order[at - 1], order[at]];
  if (!ahead || !behind) return 'only_bid';
  if (compareEntries(ahead, behind, strategyOf) > 0) {
    return ahead.bid.exclusive === behind.bid.exclusive ? 'asked_once' : 'exclusive_or_shared';
  }
  return decide(ahead, behind, strategyOf) ?? 'answer_order';
}
