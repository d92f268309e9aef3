import type { Group } from './auction/plan.ts';
import { isNo, type RoundState } from './delivery.ts';

interface Bid {
  integration: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  /** It is for having the lead alone. */
  exclusive?: boolean;
  group?: string;
  buyer?: string;
}

export interface Round extends RoundState {
  integration: string;
  buyer?: string;
  group?: string;
  reason?: string;
  /** Nothing was sent in an earlier try to sell the lead. */
  past?: boolean;
}

/** Why a round came to nothing though its buyer never heard of it: its node died, was away or was stopping. */
const NEVER_HEARD = new Set(['abandoned', 'send_by_passed', 'pool_closed']);

/** Rounds that may be lost in that way before an integration's bid is passed over, so that every lead ends. */
const LOST_ROUNDS = 3;

/** The integrations that had their chance at the lead: a bid whose node died before the post still stands. */
export function alreadyAsked(rounds: readonly Round[]): Set<string> {
  const lost = (integration: string) =>
    rounds.filter((round) => round.integration === integration && isLost(round)).length;
  const asked = rounds.filter((round) => !round.past && (!isLost(round) || lost(round.integration) >= LOST_ROUNDS));
  return new Set(asked.map(({ integration }) => integration));
}

function isLost({ state, reason }: Round): boolean {
  return state === 'not_sent' && reason !== undefined && NEVER_HEARD.has(reason);
}

export type NextBid<B> = { bid: B } | { none: 'exhausted' | 'expired' };

/**
 * The bid that the next round posts: the first in rank that still stands, of an integration that did not have
 * its chance yet. Who wants the lead alone gets it only while nobody has it; a group that has it may end the groups after
 * it, and takes no more of it than its places. The default buyer comes after everybody else said no.
 */
export function nextBid<B extends Bid>(
  ranked: readonly B[],
  defaultBid: B | undefined,
  rounds: readonly Round[],
  now: number,
  groups: readonly Group[] = [],
): NextBid<B> {
  const asked = alreadyAsked(rounds);
  const holders = rounds.filter(({ state }) => !isNo(state));
  const open = ranked.filter(
    (bid) => !asked.has(bid.integration) && (holders.length === 0 || mayShare(bid, holders, groups)),
  );
  const standing = open.find((bid) => bid.expiresAt > now);
  if (standing) return { bid: standing };
  if (open.length > 0) return { none: 'expired' };
  if (defaultBid && !asked.has(defaultBid.integration) && rounds.every((round) => isNo(round.state))) {
    return { bid: defaultBid };
  }
  return { none: 'exhausted' };
}

/** Whether a bid may have the lead beside those that have it, or may still have it. */
function mayShare(bid: Bid, holders: readonly Round[], groups: readonly Group[]): boolean {
  if (bid.exclusive) return false;
  // A buyer has the lead once, whichever of its integrations it came through.
  if (bid.buyer !== undefined && holders.some(({ buyer }) => buyer === bid.buyer)) return false;
  const placeOf = (id: string | undefined) => groups.findIndex((group) => group.id === id);
  const own = placeOf(bid.group);
  const ended = holders.some(({ group }) => placeOf(group) < own && groups[placeOf(group)]?.stops);
  const { maxBuyers = Infinity } = groups[own] ?? {};
  return !ended && holders.filter(({ group }) => group === bid.group).length < maxBuyers;
}
