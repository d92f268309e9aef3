import { formatPrice, type Micros } from './money.ts';
import { clawbackOf, payoutOf, type PayoutTerms } from './payout.ts';

/** One thing that does not add up. */
export interface Finding {
  /** The delivery, the click, the row of the ledger or the account. */
  id: string;
  what:
    'row_missing' | 'amount_differs' | 'lead_differs' | 'row_without_sale' | 'row_without_click' | 'account_differs';
  /** Figures and states; nothing personal. */
  says: string;
}

interface Sold {
  _id: string;
  state: string;
  price?: Micros;
  bid: { price: Micros };
  payout?: PayoutTerms;
}

interface Row {
  amount: Micros;
  payout?: Micros;
}

interface Known {
  sale: Row | undefined;
  return: Row | undefined;
  /** The sale as its lead shows it, if it does yet. */
  shown: { price: Micros; returnedAt?: Date } | undefined;
}

/** Whether the ledger and the lead say of a sale what its delivery says. Amounts are micro-dollars. */
export function auditSale(delivery: Sold, { sale, return: taken, shown }: Known): Finding[] {
  const { _id: id, payout: terms } = delivery;
  const price = delivery.price ?? delivery.bid.price;
  const returned = delivery.state === 'returned';
  const given = { amount: price, payout: payoutOf(terms, price) };
  const back = { amount: 0 - price, payout: 0 - clawbackOf(terms, price) };
  return [
    ...auditRow(id, 'sale', sale, given),
    ...(returned ? auditRow(id, 'return', taken, back) : []),
    ...(shown && shown.price !== price
      ? [differs(id, 'lead_differs', `price ${formatPrice(shown.price)}`, formatPrice(price))]
      : []),
  ];
}

/** Whether the ledger says of a click on an offer what its record says. Amounts are micro-dollars. */
export function auditClick(id: string, row: Row | undefined, { amount, payout = 0 }: Row): Finding[] {
  return auditRow(id, 'click', row, { amount, payout });
}

function auditRow(
  id: string,
  kind: 'sale' | 'return' | 'click',
  row: Row | undefined,
  wanted: Required<Row>,
): Finding[] {
  if (!row) return [{ id, what: 'row_missing', says: `the ledger has no ${kind} of ${formatPrice(wanted.amount)}` }];
  const { amount, payout = amount } = row;
  if (amount === wanted.amount && payout === wanted.payout) return [];
  const figures = (of: Required<Row>) => `${formatPrice(of.amount)} and ${formatPrice(of.payout)} to the seller`;
  return [differs(id, 'amount_differs', `${kind} ${figures({ amount, payout })}`, figures(wanted))];
}

/** Whether an account holds what was entered in it and what is reserved. */
export function auditAccount(
  { _id: id, n }: { _id: string; n: Micros },
  { entered, reserved }: { entered: Micros; reserved: Micros },
): Finding[] {
  if (n === entered + reserved) return [];
  const parts = `${formatPrice(entered)} entered and ${formatPrice(reserved)} reserved`;
  return [differs(id, 'account_differs', formatPrice(n), parts)];
}

function differs(id: string, what: Finding['what'], is: string, wanted: string): Finding {
  return { id, what, says: `${is}, should be ${wanted}` };
}
