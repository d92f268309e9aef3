import type { Payout } from '../schema/campaign.ts';
import { MICROS_PER_DOLLAR, parsePrice, type Micros } from './money.ts';

/** What a seller gets of a buyer's price. Amounts are micro-dollars; a share is counted in millionths. */
export type PayoutTerms = { shareMillionths: number } | { margin: Micros } | { fixed: Micros };

/** The whole price: what holds when nothing was agreed. */
export const WHOLE_PRICE: PayoutTerms = { shareMillionths: MICROS_PER_DOLLAR };

/** The terms of a source as it states them; without any it gets the whole price. */
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
  if ('margin' in terms) return Math.max(0, price - terms.margin);
  // The product can exceed what a number holds exactly.
  return Number((BigInt(price) * BigInt(terms.shareMillionths)) / BigInt(MICROS_PER_DOLLAR));
}
