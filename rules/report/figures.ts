import { toDecimal, type Micros } from '../money.ts';
import type { ReportSide } from './dimensions.ts';

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
  /** Of sales that stand, of events and of clicks on offers: what a seller gets; of an operator what others owe it. */
  revenue: Micros;
  /** What sellers get of an operator's revenue, and by events. */
  payout: Micros;
  events: number;
  /** Events that are conversions, whoever fired them. */
  eventConversions: number;
  /** What of the revenue events brought: verified, from the ledger. */
  eventRevenue: Micros;
  /** Revenue that events named and nobody vouches for; it is part of nothing else. */
  unverifiedRevenue: Micros;
  /** What of the revenue would have been lost without a second try or a doubt that was cleared up. */
  recoveredRevenue: Micros;
  /** Offers of click networks that were shown, and clicks on them that count. */
  listingImpressions: number;
  listingClicks: number;
  /** What clicks brought: of a seller what it gets, of an operator what networks owe. */
  listingRevenue: Micros;
  /** What sellers get of that. */
  listingPayout: Micros;
}

export function noFigures(): Figures {
  return {
    ...{ clicks: 0, leads: 0, conversions: 0, returns: 0, cost: 0, adSpend: 0, revenue: 0, payout: 0 },
    ...{ events: 0, eventConversions: 0, eventRevenue: 0, unverifiedRevenue: 0, recoveredRevenue: 0 },
    ...{ listingImpressions: 0, listingClicks: 0, listingRevenue: 0, listingPayout: 0 },
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
  listingImpressions: number;
  listingClicks: number;
  /** What it gets for clicks on offers; part of its revenue. */
  listingRevenue: number;
}

/** The exchange's figures: what buyers and click networks owe it, what sellers get of it, and what it keeps. */
export interface OperatorFigures {
  leads: number;
  conversions: number;
  returns: number;
  revenue: number;
  payout: number;
  margin: number;
  recoveredRevenue: number;
  listingImpressions: number;
  listingClicks: number;
  listingRevenue: number;
  listingPayout: number;
}

export type ShownFigures = SellerFigures | BuyerFigures | OperatorFigures;

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
    ...(['listingImpressions', 'listingClicks', 'listingRevenue'] as const),
  ],
  buyer: ['leads', 'conversions', 'returns', 'cost'],
  operator: [
    ...(['leads', 'conversions', 'returns', 'revenue', 'payout', 'margin', 'recoveredRevenue'] as const),
    ...(['listingImpressions', 'listingClicks', 'listingRevenue', 'listingPayout'] as const),
  ],
} as const satisfies Record<ReportSide, readonly string[]>;

/** Six decimals. */
const ROI_DECIMALS = 1_000_000;

/** A row's figures as its reader sees them. */
export function shownFigures(side: ReportSide, figures: Figures): ShownFigures {
  const { clicks, leads, conversions, returns, cost, adSpend, revenue } = figures;
  if (side === 'buyer') return { leads, conversions, returns, cost: toDecimal(cost) };
  const { listingImpressions, listingClicks } = figures;
  const listings = { listingImpressions, listingClicks, listingRevenue: toDecimal(figures.listingRevenue) };
  const recoveredRevenue = toDecimal(figures.recoveredRevenue);
  if (side === 'operator') {
    const { payout } = figures;
    const money = { revenue: toDecimal(revenue), payout: toDecimal(payout), margin: toDecimal(revenue - payout) };
    const listingPayout = toDecimal(figures.listingPayout);
    return { leads, conversions, returns, ...money, recoveredRevenue, ...listings, listingPayout };
  }
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
    recoveredRevenue,
    ...listings,
  };
}

function roundTo(decimals: number, ratio: number): number {
  // Adding 0 makes a minus zero a zero.
  return Math.round(ratio * decimals) / decimals + 0;
}
