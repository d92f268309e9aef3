import { LRUCache } from 'lru-cache';
import type { Logger } from '../../log/logger.ts';
import { countRequests, type RateWindow, type RateWindowModel } from '../../models/rate-window.ts';
import { granted, shareSize, windowStart, type RatePolicy, type RateStanding } from '../../rules/rate-window.ts';

const KEPT = 50_000;
const PATIENCE_MS = 250;

/** What this node knows of one counter in the current window. */
interface Share {
  start: number;
  /** Reserved and not yet used. */
  stock: number;
  /** Neither used nor reserved by any node, when last asked. */
  unreserved: number;
  /** Used by this node in the window. */
  used: number;
  asking: Promise<void> | undefined;
  /** Requests that wait for a reservation. */
  waiting: number;
}

export interface SharedLimitDeps {
  windows: RateWindowModel;
  log: Logger;
  now?: () => number;
  /** How long a request waits for a counter before this node counts alone. Default 250 ms. */
  patienceMs?: number;
}

export interface RateDecision {
  admitted: boolean;
  /** One for each policy, in their order. */
  standings: RateStanding[];
}

/**
 * Limits that hold for all nodes together. A node reserves a twentieth of a limit at a time from the counter in MongoDB
 * and hands that out by itself: most requests ask nobody, all nodes together never admit more than the limit in a
 * window, and what an idle node has reserved is refused to others until the window ends. Once the counter is full this
 * node refuses by itself. When MongoDB does not answer, each node counts alone for the rest of the window.
 */
export function createSharedLimit({ windows, log, now = Date.now, patienceMs = PATIENCE_MS }: SharedLimitDeps) {
  const shares = new LRUCache<string, Share>({ max: KEPT });

  function shareOf(id: string, { windowMs }: RatePolicy): Share {
    const start = windowStart(windowMs, now());
    const known = shares.get(id);
    // A clock that was set back stays in the window it knows.
    if (known && known.start >= start && known.start <= start + windowMs) return known;
    const share = { start, stock: 0, unreserved: Infinity, used: 0, asking: undefined, waiting: 0 };
    shares.set(id, share);
    return share;
  }

  /** Reserves more; whoever needs the same counter meanwhile waits for the same answer. */
  function ask(id: string, policy: RatePolicy, share: Share): Promise<void> {
    // A moment later, so that requests that came together are in one reservation.
    share.asking ??= Promise.resolve()
      .then(() => reserve(id, policy, share))
      .finally(() => (share.asking = undefined));
    return share.asking;
  }

  async function reserve(id: string, policy: RatePolicy, share: Share): Promise<void> {
    const wanted = Math.min(policy.limit, Math.max(shareSize(policy.limit), share.waiting));
    const counted = await counter(id, share.start, wanted, share.unreserved === Infinity);
    if (!counted) {
      share.stock = Math.max(0, policy.limit - share.used);
      share.unreserved = 0;
      return;
    }
    // A node whose clock is ahead has begun the next window: this one counts there too.
    share.start = Math.max(share.start, counted.start);
    share.stock += granted(policy.limit, wanted, counted.n);
    share.unreserved = Math.max(0, policy.limit - counted.n);
  }

  async function counter(id: string, start: number, wanted: number, isNew: boolean): Promise<RateWindow | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patienceMs);
    });
    const counting = countRequests(windows, id, start, wanted, isNew).catch((error: unknown) => {
      const fault = error instanceof Error ? error.name : '';
      log.warn({ code: 'rate_counter_unread', fault }, 'this node counts alone for now');
      return undefined;
    });
    try {
      return await Promise.race([counting, patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** Takes one request of `subject` from each policy, or from none of them. */
    async take(subject: string, policies: readonly RatePolicy[]): Promise<RateDecision> {
      const ids = policies.map(({ windowMs }) => `${subject}:${windowMs}`);
      const current = () => policies.map((policy, index) => shareOf(ids[index]!, policy));
      let held = current();
      for (;;) {
        const short = held.findIndex(({ stock, unreserved }) => stock === 0 && unreserved > 0);
        if (short === -1) break;
        const share = held[short]!;
        share.waiting++;
        await ask(ids[short]!, policies[short]!, share);
        share.waiting--;
        held = current();
      }
      const admitted = held.every(({ stock }) => stock > 0);
      for (const [index, share] of held.entries()) {
        if (!admitted) break;
        share.stock--;
        share.used++;
        const size = shareSize(policies[index]!.limit);
        // Before the last is used, so that the next request need not wait; a small limit keeps nothing back.
        if (size > 1 && share.stock <= size / 2 && share.unreserved > 0) void ask(ids[index]!, policies[index]!, share);
      }
      return { admitted, standings: held.map((share, index) => standingOf(share, policies[index]!)) };
    },
  };
}
export type SharedLimit = ReturnType<typeof createSharedLimit>;

function standingOf({ start, stock, unreserved }: Share, policy: RatePolicy): RateStanding {
  const remaining = Math.min(policy.limit, stock + unreserved);
  return { policy, remaining, resetAt: start + policy.windowMs };
}
