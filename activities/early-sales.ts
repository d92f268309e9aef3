import type { AuctionRecord } from '../models/auction.ts';
import type { SaleResult } from './steps.ts';

/** Work nobody has come for by then is forgotten: its workflow runs on another node. */
const KEPT_MS = 60_000;

/**
 * Sales and pings begun on this node while their workflow is still being started. The record and its outbox row are
 * durable and every decision is fenced by its own record, so the work need not wait for Temporal: the workflow's step
 * joins it here, or, on another node, follows its records.
 */
function createEarlyWork<Result>() {
  const begun = new Map<string, Promise<Result>>();
  return {
    /** Call only when the lead or ping is durable. */
    begin(id: string, work: () => Promise<Result>): Promise<Result> {
      const working = work();
      // A fault is met by the step that joins, which is then run again; nobody may come.
      working.catch(() => undefined);
      begun.set(id, working);
      setTimeout(() => begun.delete(id), KEPT_MS).unref();
      return working;
    },
    /** What is under way here, once: a step that is run again works by itself. */
    join(id: string): Promise<Result> | undefined {
      const working = begun.get(id);
      begun.delete(id);
      return working;
    },
  };
}

export const createEarlySales = () => createEarlyWork<SaleResult>();
export type EarlySales = ReturnType<typeof createEarlySales>;

/** Early pings result in the auction that answers them. */
export const createEarlyPings = () => createEarlyWork<AuctionRecord>();
export type EarlyPings = ReturnType<typeof createEarlyPings>;
