import { toDecimal, type Micros } from './money.ts';
import type { Side } from './report/dimensions.ts';

/** What the ledger's rows of one kind, day and part come to. Amounts are micro-dollars. */
export interface LedgerSum {
  /** Its place among the statement's days. */
  day: number;
  /** A seller's source, a buyer's campaign; null of what belongs to none. */
  part: string | null;
  kind: 'sale' | 'return' | 'event' | 'click' | 'deposit' | 'payment' | 'adjustment';
  rows: number;
  /** What the buyer owes. */
  amount: Micros;
  /** What the seller gets. */
  payout: Micros;
}

/** One line of a seller's statement. Amounts are positive where a seller expects them to be. */
export interface SellerLine {
  sales: number;
  returns: number;
  /** Payouts of the sales. */
  earned: number;
  /** Taken back of payouts for what was returned. */
  clawbacks: number;
  /** Verified revenue of events. */
  events: number;
  /** Payouts of clicks on offers. */
  clicks: number;
  /** In the seller's favour; below zero against it. */
  adjustments: number;
  /** Paid to the seller. */
  payments: number;
  /** What the seller is owed after this line. */
  balance: number;
}

/** One line of a buyer's statement. */
export interface BuyerLine {
  sales: number;
  returns: number;
  /** Prices of the sales. */
  charges: number;
  /** Prices of what it gave back. */
  refunds: number;
  /** Paid by the buyer. */
  deposits: number;
  /** In the buyer's favour; below zero against it. */
  adjustments: number;
  /** Deposits less what it owes after this line: below zero it owes. */
  balance: number;
}

export const LINE_OF = {
  seller: ['sales', 'returns', 'earned', 'clawbacks', 'events', 'clicks', 'adjustments', 'payments', 'balance'],
  buyer: ['sales', 'returns', 'charges', 'refunds', 'deposits', 'adjustments', 'balance'],
} as const satisfies Record<Side, readonly string[]>;

export type Line = SellerLine | BuyerLine;

export interface StatementLines {
  lines: ({ day: number; part: string | null } & Line)[];
  /** The sum of the lines; its balance is the closing one. */
  totals: Line;
}

/**
 * A statement from sums of the ledger, day by day, its balance carried from line to line. Every row counts: opening
 * balance and lines make the closing balance, which is the sum of the side's ledger.
 *
 * @param opening balance before the first day
 */
export function statementOf(side: Side, opening: Micros, sums: readonly LedgerSum[]): StatementLines {
  const groups = new Map<string, LedgerSum[]>();
  for (const sum of sums) {
    const key = JSON.stringify([sum.day, sum.part]);
    const group = groups.get(key);
    if (group) group.push(sum);
    else groups.set(key, [sum]);
  }
  const ordered = [...groups.values()].sort(([a], [b]) => compare(a!, b!));
  let balance = opening;
  const lines = ordered.map((group) => {
    balance += changeOf(side, group);
    return { day: group[0]!.day, part: group[0]!.part, ...lineOf(side, group, balance) };
  });
  return { lines, totals: lineOf(side, sums, balance) };
}

/** What rows change in the balance of their side. */
export function changeOf(side: Side, sums: readonly Pick<LedgerSum, 'amount' | 'payout'>[]): Micros {
  // Taking from 0 makes no minus zero.
  return sums.reduce((sum, { amount, payout }) => (side === 'seller' ? sum + payout : sum - amount), 0);
}

function lineOf(side: Side, sums: readonly LedgerSum[], balance: Micros): Line {
  const of = (kind: LedgerSum['kind']) => sums.filter((sum) => sum.kind === kind);
  const counted = (kind: LedgerSum['kind']) => of(kind).reduce((sum, { rows }) => sum + rows, 0);
  const gained = (kind: LedgerSum['kind']) => toDecimal(changeOf(side, of(kind)));
  const lost = (kind: LedgerSum['kind']) => toDecimal(0 - changeOf(side, of(kind)));
  const counts = { sales: counted('sale'), returns: counted('return') };
  if (side === 'buyer') {
    return {
      ...counts,
      charges: lost('sale'),
      refunds: gained('return'),
      deposits: gained('deposit'),
      adjustments: gained('adjustment'),
      balance: toDecimal(balance),
    };
  }
  return {
    ...counts,
    earned: gained('sale'),
    clawbacks: lost('return'),
    events: gained('event'),
    clicks: gained('click'),
    adjustments: gained('adjustment'),
    payments: lost('payment'),
    balance: toDecimal(balance),
  };
}

/** By day; what belongs to no part comes last. */
function compare(a: LedgerSum, b: LedgerSum): number {
  if (a.day !== b.day) return a.day - b.day;
  if (a.part === null || b.part === null) return a.part === null ? 1 : -1;
  return a.part < b.part ? -1 : 1;
}
