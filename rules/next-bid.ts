import { isNo, type RoundState } from './delivery.ts';

interface Bid {
  integration: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export interface Round extends RoundState {
  integration: string;
}

export type NextBid<B> = { bid: B } | { none: 'exhausted' | 'expired' };

/**
 * The bid that the next round posts: the first in rank that still stands, of an integration that was not posted to
 * before. The default buyer comes after everybody else said no.
 */
export function nextBid<B extends Bid>(
  ranked: readonly B[],
  defaultBid: B | undefined,
  rounds: readonly Round[],
  now: number,
): NextBid<B> {
  const posted = new Set(rounds.map((round) => round.integration));
  const open = ranked.filter((bid) => !posted.has(bid.integration));
  const standing = open.find((bid) => bid.expiresAt > now);
  if (standing) return { bid: standing };
  if (open.length > 0) return { none: 'expired' };
  if (defaultBid && !posted.has(defaultBid.integration) && rounds.every((round) => isNo(round.state))) {
    return { bid: defaultBid };
  }
  return { none: 'exhausted' };
}
