import { toDecimal, type Micros } from '../money.ts';
import type { Side } from './dimensions.ts';

/** What is counted and summed for one row of a report; amounts are integer micro-dollars. */
export interface Figures {
  clicks: number;
  leads: number;
  /** Sales that stand. */
  conversions: number;
  /** Sales that were given back. */
  returns: number;
  cost: Micros;
  adSpend: Micros;
  /** Of sales that stand and of events. */
  revenue: Micros;
  events: number;
  /** Events that are conversions, whoever fired them. */
  eventConversions: number;
  /** What of the revenue events brought: verified, from the ledger. */
  eventRevenue: Micros;
  /** Revenue that events named and nobody vouches for; it is part of nothing else. */
  unverifiedRevenue: Micros;
  /** What of the revenue would have been lost without a second try or a doubt that was cleared up. */
  recoveredRevenue: Micros;
}

export function noFigures(): Figures {
  return {
    ...{ clicks: 0, leads: 0, conversions: 0, returns: 0, cost: 0, adSpend: 0, revenue: 0 },
    ...{ events: 0, eventConversions: 0, eventRevenue: 0, unverifiedRevenue: 0, recoveredRevenue: 0 },
  };
}

export function addFigures(sum: Figures, more: Partial<Figures>): void {
  for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += more[name] ?? 0;
}

/** A seller's figures as it reads them: plain dollars. `roi` is 0.25 for a quarter of what was spent. */
export interface SellerFigures {
  clicks: number;
  leads: number;
  conversions: number;
  returns: number;
  cost: number;
  adSpend: number;
  revenue: number;
  profit: number;
  /** Null unless something was spent. */
  roi: number | null;
  events: number;
  eventConversions: number;
  eventRevenue: number;
  unverifiedRevenue: number;
  recoveredRevenue: number;
}

/** A buyer's figures: `cost` is what it owes for the leads it keeps. */
export interface BuyerFigures {
  leads: number;
  conversions: number;
  returns: number;
  cost: number;
}

export const FIGURES_OF = {
  seller: [
    ...(['clicks', 'leads', 'conversions', 'returns', 'cost', 'adSpend', 'revenue', 'profit', 'roi'] as const),
    ...(['events', 'eventConversions', 'eventRevenue', 'unverifiedRevenue', 'recoveredRevenue'] as const),
  ],
  buyer: ['leads', 'conversions', 'returns', 'cost'],
} as const satisfies Record<Side, readonly string[]>;

/** Six decimals. */
const ROI_DECIMALS = 1_000_000;

/** A row's figures as its reader sees them. */
export function shownFigures(side: Side, figures: Figures): SellerFigures | BuyerFigures {
  const { clicks, leads, conversions, returns, cost, adSpend, revenue } = figures;
  if (side === 'buyer') return { leads, conversions, returns, cost: toDecimal(cost) };
  const spent = cost + adSpend;
  const profit = revenue - spent;
  return {
    clicks,
    leads,
    conversions,
    returns,
    cost: toDecimal(cost),
    adSpend: toDecimal(adSpend),
    revenue: toDecimal(revenue),
    profit: toDecimal(profit),
    roi: spent > 0 ? roundTo(ROI_DECIMALS, profit / spent) : null,
    events: figures.events,
    eventConversions: figures.eventConversions,
    eventRevenue: toDecimal(figures.eventRevenue),
    unverifiedRevenue: toDecimal(figures.unverifiedRevenue),
    recoveredRevenue: toDecimal(figures.recoveredRevenue),
  };
}

function roundTo(decimals: number, ratio: number): number {
  // Adding 0 makes a minus zero a zero.
  return Math.round(ratio * decimals) / decimals + 0;
}
