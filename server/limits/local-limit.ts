import { LRUCache } from 'lru-cache';
import { windowStart, type RatePolicy } from '../../rules/rate-window.ts';
import type { RateDecision } from './shared-limit.ts';

const KEPT = 50_000;

/**
 * A limit that each node counts by itself, for client addresses: there may be any number of them, and what they cost is
 * a node's. The addresses seen longest ago are forgotten first.
 */
export function createLocalLimit(policy: RatePolicy, now: () => number = Date.now) {
  const counts = new LRUCache<string, { start: number; n: number }>({ max: KEPT });

  function countOf(subject: string) {
    const start = windowStart(policy.windowMs, now());
    const known = counts.get(subject);
    if (known?.start === start) return known;
    const fresh = { start, n: 0 };
    counts.set(subject, fresh);
    return fresh;
  }
  function decisionOf({ start, n }: { start: number; n: number }, admitted: boolean): RateDecision {
    const standing = { policy, remaining: policy.limit - n, resetAt: start + policy.windowMs };
    return { admitted, standings: [standing] };
  }

  return {
    /** Takes one request of this subject. */
    take(subject: string): RateDecision {
      const count = countOf(subject);
      const admitted = count.n < policy.limit;
      if (admitted) count.n++;
      return decisionOf(count, admitted);
    },
    /** How it stands, taking nothing. */
    look(subject: string): RateDecision {
      const count = countOf(subject);
      return decisionOf(count, count.n < policy.limit);
    },
  };
}
export type LocalLimit = ReturnType<typeof createLocalLimit>;
