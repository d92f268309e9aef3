import type { Billing } from '../schema/money.ts';
import { parsePrice, type Micros } from './money.ts';

/** What a buyer with billing may owe beyond what it deposited: nothing when it pays in advance. */
export interface CreditTerms {
  mode: Billing['mode'];
  limit: Micros;
}

export function creditTerms(billing: Billing): CreditTerms {
  return { mode: billing.mode, limit: billing.mode === 'credit' ? (parsePrice(billing.limit) ?? 0) : 0 };
}

/** How a buyer's account stands. Amounts are micro-dollars. */
export interface Credit extends CreditTerms {
  /** Deposits and what is in its favour, less what it bought: below zero it owes. */
  balance: Micros;
  /** Prices of leads that were offered to it and are not decided yet. */
  reserved: Micros;
  /** What it can still buy for; below zero after an accept above its bid. */
  available: Micros;
}

/**
 * @param used what the account counts: sales that stand and reservations, less what was deposited
 * @param reserved what of that are reservations
 */
export function creditOf(terms: CreditTerms, used: Micros, reserved: Micros): Credit {
  // Adding 0 makes a minus zero a zero.
  return { ...terms, balance: reserved - used + 0, reserved, available: terms.limit - used };
}

/**
 * A buyer's account is a window among those of caps, with neither start nor end: it counts what the buyer bought and
 * what is reserved for it, less what it deposited. So a reservation is the same single operation.
 */
export function accountOf(buyer: string): string {
  return `credit:${buyer}`;
}

/** What is known about a buyer's credit before there is a bid. */
export interface CreditCheck {
  account: string;
  limit: Micros;
  /** What the buyer would at least pay: its fixed price, or the floor. */
  least: Micros;
}

export function creditCheck(buyer: string, { limit }: CreditTerms, least: Micros): CreditCheck {
  return { account: accountOf(buyer), limit, least: Math.max(1, least) };
}

/** What an account can still pay; `counters` hold what accounts have used. */
export function availableOf({ account, limit }: CreditCheck, counters: ReadonlyMap<string, number>): Micros {
  return limit - (counters.get(account) ?? 0);
}

/** What an account has left, when that is not enough for one more lead. */
export function creditMissing(
  credit: CreditCheck,
  counters: ReadonlyMap<string, number>,
): { available: Micros; least: Micros } | undefined {
  const available = availableOf(credit, counters);
  return available < credit.least ? { available, least: credit.least } : undefined;
}
