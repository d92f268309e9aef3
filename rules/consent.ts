import type { Micros } from './money.ts';

/** What a seller agreed to when it posted a ping. */
export interface Consent {
  /** What the campaign does with bids that pay less than was quoted, once the quoted buyer has said no. */
  afterReject: 'continue' | 'ask';
  /** Bids it picked by name. Absent: whatever is best. */
  chosen?: readonly string[];
  /** What the best bid was said to pay the seller. */
  quote: Micros;
}

/**
 * Whether a bid may be taken without asking the seller. Bids picked by name are the only ones then; otherwise any bid,
 * or, where the seller is to be asked, one that pays it no less than was quoted.
 */
export function hasConsent({ afterReject, chosen, quote }: Consent, bid: { offer?: string; payout: Micros }): boolean {
  if (chosen) return bid.offer !== undefined && chosen.includes(bid.offer);
  return afterReject === 'continue' || bid.payout >= quote;
}
