import type { Micros } from '../money.ts';
import type { Bid } from './bid.ts';

/** What a lead would bring, sold to one buyer alone or to several. */
export interface Alternatives {
  /** The best of the bids that want the lead alone. */
  exclusive?: Micros;
  /** The best shared bids together, as many as there are places. */
  shared: Micros;
}

/**
 * Puts bids that want the lead alone and bids that share it into one order: before each offer the exclusive bid that
 * is next counts against the shared ones that are next together, as if everybody before had said no. Takes and keeps
 * the order within each kind. An integration is asked once; what else it bid comes at the end.
 */
export function orderHybrid<B extends Bid>(bids: readonly B[], places: number): { order: B[] } & Alternatives {
  let open = [...bids];
  const order: B[] = [];
  const later: B[] = [];
  const first = alternatives(open, places);
  while (open.length > 0) {
    const { exclusive, shared } = alternatives(open, places);
    const alone = exclusive !== undefined && exclusive > shared;
    const next = open.find((bid) => (bid.exclusive ?? false) === alone) ?? open[0]!;
    order.push(next);
    later.push(...open.filter((bid) => bid !== next && bid.integration === next.integration));
    open = open.filter((bid) => bid.integration !== next.integration);
  }
  return { order: [...order, ...later], ...first };
}

/** What the bids would bring if nobody said no. A buyer has a lead once. */
export function alternatives(bids: readonly Bid[], places: number): Alternatives {
  const exclusive = bids.find((bid) => bid.exclusive)?.price;
  const sharing = new Map<string, Micros>();
  for (const bid of bids) {
    if (!bid.exclusive && sharing.size < places && !sharing.has(bid.buyer)) sharing.set(bid.buyer, bid.price);
  }
  const shared = [...sharing.values()].reduce((sum, price) => sum + price, 0);
  return { shared, ...(exclusive === undefined ? {} : { exclusive }) };
}
