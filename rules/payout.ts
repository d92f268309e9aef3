import type { Payout } from '../schema/money.ts';
import { MICROS_PER_DOLLAR, parsePrice, type Micros } from './money.ts';

/** What a seller gets of a buyer's price. Amounts are micro-dollars; a share is counted in millionths. */
export type PayoutTerms = ({ shareMillionths: number } | { margin: Micros } | { fixed: Micros }) & {
  /** The seller keeps it when the lead is returned. Absent: a return takes it back. */
  kept?: true;
  /** What is taken off the price before. Absent: nothing. */
  margins?: readonly Margin[];
};

/** What the exchange keeps of a price beforehand: a part of it, in millionths, or an amount. */
export type Margin = { shareMillionths: number } | { amount: Micros };

/** The whole price: what holds when nothing was agreed. */
export const WHOLE_PRICE: PayoutTerms = { shareMillionths: MICROS_PER_DOLLAR };

/** What an agreement about payouts says; a source's comes before its campaign's, part by part. */
export interface PayoutAgreement {
  payout?: Payout | undefined;
  clawback?: boolean | undefined;
}

/** The terms on which a source's leads are sold in a campaign. */
export function agreedTerms(source: PayoutAgreement, campaign: PayoutAgreement): PayoutTerms {
  const terms = payoutTerms(source.payout ?? campaign.payout);
  return (source.clawback ?? campaign.clawback ?? true) ? terms : { ...terms, kept: true };
}

/** The terms as they are stated; without any the seller gets the whole price. */
export function payoutTerms(payout: Payout | undefined): PayoutTerms {
  if (!payout) return WHOLE_PRICE;
  if ('share' in payout) return { shareMillionths: Math.round(payout.share * MICROS_PER_DOLLAR) };
  return 'margin' in payout ? { margin: parsePrice(payout.margin) ?? 0 } : { fixed: parsePrice(payout.fixed) ?? 0 };
}

/**
 * What the seller gets when a buyer pays `price`, in micro-dollars. Never negative; never more than the price, except
 * where a fixed amount was agreed, which is paid for every sale. A share is rounded down to a micro-dollar.
 */
export function payoutOf(terms: PayoutTerms | undefined, price: Micros): Micros {
  if (!terms) return price;
  if ('fixed' in terms) return terms.fixed;
  const left = afterMargins(terms.margins, price);
  return 'margin' in terms ? Math.max(0, left - terms.margin) : partOf(left, terms.shareMillionths);
}

/** What is left of a price, in micro-dollars; never below zero. */
export function afterMargins(margins: readonly Margin[] = [], price: Micros): Micros {
  return margins.reduce<Micros>(
    (left, margin) => Math.max(0, left - ('amount' in margin ? margin.amount : partOf(left, margin.shareMillionths))),
    price,
  );
}

/** The terms of a source for a bid of which something is kept beforehand. */
export function termsAfter(
  terms: PayoutTerms | undefined,
  margins: readonly Margin[] | undefined,
): PayoutTerms | undefined {
  return margins?.length ? { ...(terms ?? WHOLE_PRICE), margins } : terms;
}

/** Rounded down to a micro-dollar. */
function partOf(price: Micros, millionths: number): Micros {
  // The product can exceed what a number holds exactly.
  return Number((BigInt(price) * BigInt(millionths)) / BigInt(MICROS_PER_DOLLAR));
}

/** What a return takes back of what its sale gave the seller, in micro-dollars. */
export function clawbackOf(terms: PayoutTerms | undefined, price: Micros): Micros {
  return terms?.kept ? 0 : payoutOf(terms, price);
}
