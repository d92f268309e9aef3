import type { Micros } from '../money.ts';

export interface Bid {
  integration: string;
  buyer: string;
  /** Place of the bid among those of the same answer, from 0. */
  bidIndex: number;
  price: Micros;
  /** What it counts for beside other bids. Default its price; floors go by the price all the same. */
  ranksAs?: Micros;
  /** Lower goes first. */
  priority: number;
  /** Epoch milliseconds; the bid stands until then, exclusive. */
  expiresAt?: number;
  /** Its integration's own floor. */
  floor?: Micros;
  /** It is for having the lead alone. */
  exclusive?: boolean;
  /** Its group, where the auction has groups. */
  group?: string;
  /** It has an agreement about the lead: it goes before all others. */
  agreement?: boolean;
  /** Where the configuration names its integration, from 0. */
  place?: number;
  /** Share of its integration where leads are drawn by weight. Default 1. */
  weight?: number;
}

export type DropReason =
  | 'zero_price'
  | 'expired'
  | 'below_floor'
  | 'below_source_floor'
  | 'below_integration_floor'
  | 'below_min_price'
  | 'exclusive_only';

/** Least prices, of the campaign, the lead's source and the lead itself. A bid at the floor is good. */
export interface Floors {
  campaign: Micros;
  source?: Micros;
  lead?: Micros;
}

/** Why a bid cannot be taken, whatever else is bid. Undefined: it can. */
export function dropReason(bid: Bid, floors: Floors, now: number): DropReason | undefined {
  // A price that is no number is none: the comparison is false for it too.
  if (!(bid.price > 0 && bid.price < Infinity)) return 'zero_price';
  if (bid.expiresAt !== undefined && bid.expiresAt <= now) return 'expired';
  if (bid.price < floors.campaign) return 'below_floor';
  if (floors.source !== undefined && bid.price < floors.source) return 'below_source_floor';
  if (bid.floor !== undefined && bid.price < bid.floor) return 'below_integration_floor';
  return floors.lead !== undefined && bid.price < floors.lead ? 'below_min_price' : undefined;
}
