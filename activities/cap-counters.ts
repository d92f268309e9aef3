import { LRUCache } from 'lru-cache';
import type { LeadModels } from '../models/models.ts';

/**
 * Counters of cap windows, at most a second old. They spare buyers pings that cannot end in a sale; only the
 * reservation before a post decides.
 */
export function createCapCounters(caps: LeadModels['caps'], ttlMs = 1000) {
  const known = new LRUCache<string, number>({ max: 20_000, ttl: ttlMs });
  return {
    async read(windows: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const counters = new Map<string, number>();
      const missing: string[] = [];
      for (const window of windows) {
        const n = known.get(window);
        if (n === undefined) missing.push(window);
        else counters.set(window, n);
      }
      if (missing.length > 0) {
        const found = await caps.find({ _id: { $in: missing } }, { n: 1 }).lean();
        for (const window of missing) {
          const n = found.find(({ _id }) => _id === window)?.n ?? 0;
          known.set(window, n);
          counters.set(window, n);
        }
      }
      return counters;
    },
  };
}
export type CapCounters = ReturnType<typeof createCapCounters>;
