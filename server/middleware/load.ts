import type { Middleware } from 'koa';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Metrics } from '../metrics.ts';

/** What a node can take on; while it is draining it takes nothing. */
export interface Capacity {
  maxInFlight: number;
  draining: boolean;
  inFlight: number;
}

/**
 * Sheds leads that the worker has no permits for: better an honest 503 at once than an answer after the seller has
 * given up.
 */
export function shedLoad(capacity: Capacity, metrics: Metrics): Middleware {
  return async (_context, next) => {
    if (capacity.draining) throw new LeadwireError('shutting_down');
    if (capacity.inFlight >= capacity.maxInFlight) throw new LeadwireError('overloaded');
    metrics.inFlight.set(++capacity.inFlight);
    try {
      await next();
    } finally {
      metrics.inFlight.set(--capacity.inFlight);
    }
  };
}
