import { parsePrice, type Micros } from '../rules/money.ts';
import type { AuctionSettings } from '../schema/campaign.ts';
import type { Integration } from '../schema/integration.ts';

/** A campaign's auction with every default filled in. Amounts are micros, times milliseconds unless named otherwise. */
export interface ResolvedAuction {
  strategy: NonNullable<AuctionSettings['strategy']>;
  minPrice: Micros;
  pingTimeoutMs: number;
  deadlineMs: number;
  sellWithinMs: number;
  bidStandsMs: number;
  maxPosts: number;
  maxBuyers: number;
  noBuyer: NonNullable<AuctionSettings['noBuyer']>;
  /** Integration that takes what nobody buys; set when `noBuyer` is `default`. */
  defaultBuyer: string | undefined;
  holdMinutes: number;
  holdRetryMinutes: number;
  maxAuctions: number;
  pingAnswer: NonNullable<AuctionSettings['pingAnswer']>;
  afterReject: NonNullable<AuctionSettings['afterReject']>;
}

/** When and how a delivery without a clear answer settles by itself. */
export interface Deadline {
  afterMinutes: number;
  as: 'accepted' | 'rejected';
}
export type Deadlines = Record<'unknown' | 'pending', Deadline>;

const DEFAULT_DEADLINE_MINUTES = 72 * 60;

export function auctionSettings(auction: AuctionSettings = {}): ResolvedAuction {
  const noBuyer = auction.noBuyer ?? 'reject';
  return {
    strategy: auction.strategy ?? 'highest_bid',
    minPrice: priceOf(auction.minPrice) ?? 0,
    pingTimeoutMs: auction.pingTimeoutMs ?? 1500,
    deadlineMs: auction.deadlineMs ?? 8000,
    sellWithinMs: auction.sellWithinMs ?? 300_000,
    bidStandsMs: auction.bidStandsMs ?? 60_000,
    maxPosts: auction.maxPosts ?? 10,
    maxBuyers: auction.maxBuyers ?? 1,
    noBuyer,
    defaultBuyer: noBuyer === 'default' ? auction.defaultBuyer : undefined,
    holdMinutes: auction.holdMinutes ?? 1440,
    holdRetryMinutes: auction.holdRetryMinutes ?? 60,
    maxAuctions: auction.maxAuctions ?? 3,
    pingAnswer: auction.pingAnswer ?? 'best',
    afterReject: auction.afterReject ?? 'continue',
  };
}

export function deadlinesOf({ deadlines = {} }: Pick<Integration, 'deadlines'>): Deadlines {
  const resolve = (given: { afterMinutes: number; as?: Deadline['as'] } | undefined): Deadline => ({
    afterMinutes: given?.afterMinutes ?? DEFAULT_DEADLINE_MINUTES,
    as: given?.as ?? 'rejected',
  });
  return { unknown: resolve(deadlines.unknown), pending: resolve(deadlines.pending) };
}

/** An amount of the file in micros; the check has refused what has no such value. */
export function priceOf(dollars: number | undefined): Micros | undefined {
  return dollars === undefined ? undefined : parsePrice(dollars);
}
