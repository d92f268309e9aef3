import type { RateLimit } from '../schema/campaign.ts';
import type { PingRate } from '../schema/filters.ts';

/** At most `limit` requests in every window of `windowMs`. Windows begin at multiples of their length since 1970. */
export interface RatePolicy {
  limit: number;
  windowMs: number;
}

/** How a policy stands for somebody: what a client is told in `RateLimit-*`. */
export interface RateStanding {
  policy: RatePolicy;
  /** Requests left in the window, as far as this node knows. */
  remaining: number;
  /** When the window ends, epoch milliseconds. */
  resetAt: number;
}

/** How much of a policy is used up in the current window. */
export interface RateUse {
  policy: RatePolicy;
  used: number;
}

/** The policies of a limit, the shortest window first; what it leaves out is as in `defaults`. */
export function policiesOf(limit: RateLimit | undefined, defaults: Required<RateLimit>): RatePolicy[] {
  const { perSecond, perMinute } = { ...defaults, ...limit };
  return [
    { limit: perSecond, windowMs: 1_000 },
    { limit: perMinute, windowMs: 60_000 },
  ];
}

/** The policies of an integration that may be asked only so often, the shortest window first. */
export function pingPolicies({ perSecond, perMinute }: PingRate = {}): RatePolicy[] {
  return [
    ...(perSecond === undefined ? [] : [{ limit: perSecond, windowMs: 1_000 }]),
    ...(perMinute === undefined ? [] : [{ limit: perMinute, windowMs: 60_000 }]),
  ];
}

/** When the window that holds `now` began. */
export function windowStart(windowMs: number, now: number): number {
  return Math.floor(now / windowMs) * windowMs;
}

/**
 * How many requests a node reserves at once from the counter that all nodes share: a twentieth of the limit, so that
 * what an idle node holds and does not use is small, at most 50.
 */
export function shareSize(limit: number): number {
  return Math.min(50, Math.max(1, Math.ceil(limit / 20)));
}

/** What a reservation of `wanted` was worth when the shared counter then stood at `counted`. */
export function granted(limit: number, wanted: number, counted: number): number {
  return Math.max(0, Math.min(wanted, limit - (counted - wanted)));
}

/** What is used of a policy in the window that holds `now`; what nodes have reserved counts as used. */
export function usedOf(
  { limit, windowMs }: RatePolicy,
  counted: { start: number; n: number } | undefined,
  now: number,
): number {
  return counted?.start === windowStart(windowMs, now) ? Math.min(counted.n, limit) : 0;
}

/** The policy that a client meets first. */
export function tightest(standings: readonly RateStanding[]): RateStanding | undefined {
  return standings.reduce<RateStanding | undefined>(
    (least, one) => (least === undefined || one.remaining < least.remaining ? one : least),
    undefined,
  );
}

/** Whole seconds until the window ends, at least one. */
export function secondsUntil(resetAt: number, now: number): number {
  return Math.max(1, Math.ceil((resetAt - now) / 1000));
}

/** The `RateLimit-*` headers (IETF draft 06): the policy that is met first, and all of them. */
export function rateHeaders(standings: readonly RateStanding[], now: number): Record<string, string> {
  const first = tightest(standings);
  if (!first) return {};
  return {
    'ratelimit-limit': String(first.policy.limit),
    'ratelimit-remaining': String(first.remaining),
    'ratelimit-reset': String(secondsUntil(first.resetAt, now)),
    'ratelimit-policy': standings.map(({ policy }) => `${policy.limit};w=${policy.windowMs / 1000}`).join(', '),
  };
}
