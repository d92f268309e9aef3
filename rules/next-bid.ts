import { isNo, type RoundState } from './delivery.ts';

interface Bid {
  integration: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export interface Round extends RoundState {
  integration: string;
  reason?: string;
}

/** Why a round came to nothing though its buyer never heard of it: its node died, was away or was stopping. */
const NEVER_HEARD = new Set(['abandoned', 'send_by_passed', 'pool_closed']);

/** Rounds that may be lost in that way before an integration's bid is passed over, so that every lead ends. */
const LOST_ROUNDS = 3;

/** The integrations that had their chance at the lead: a bid whose node died before the post still stands. */
export function alreadyAsked(rounds: readonly Round[]): Set<string> {
  const lost = (integration: string) =>
    rounds.filter((round) => round.integration === integration && isLost(round)).length;
  const asked = rounds.filter((round) => !isLost(round) || lost(round.integration) >= LOST_ROUNDS);
  return new Set(asked.map(({ integration }) => integration));
}

function isLost({ state, reason }: Round): boolean {
  return state === 'not_sent' && reason !== undefined && NEVER_HEARD.has(reason);
}

export type NextBid<B> = { bid: B } | { none: 'exhausted' | 'expired' };

/**
 * The bid that the next round posts: the first in rank that still stands, of an integration that did not have
 * its chance yet. The default buyer comes after everybody else said no.
 */
export function nextBid<B extends Bid>(
  ranked: readonly B[],
  defaultBid: B | undefined,
  rounds: readonly Round[],
  now: number,
): NextBid<B> {
  const asked = alreadyAsked(rounds);
  const open = ranked.filter((bid) => !asked.has(bid.integration));
  const standing = open.find((bid) => bid.expiresAt > now);
  if (standing) return { bid: standing };
  if (open.length > 0) return { none: 'expired' };
  if (defaultBid && !asked.has(defaultBid.integration) && rounds.every((round) => isNo(round.state))) {
    return { bid: defaultBid };
  }
  return { none: 'exhausted' };
}
