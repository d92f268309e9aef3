import { Schema, type Connection } from 'mongoose';

/**
 * What a row enters. `sale`: what a buyer owes and its seller gets. `return`: takes a sale back; its amounts are
 * negative. `event`: a conversion with verified revenue; no buyer of ours owes anything for it. `click`: what a click
 * network owes for a click on an offer. `deposit`: a buyer paid. `payment`: a seller was paid. `adjustment`: what an operator corrected for either.
 */
export const LEDGER_KINDS = ['sale', 'return', 'event', 'click', 'deposit', 'payment', 'adjustment'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/**
 * Append-only: what a buyer or a click network owes and what a seller gets, for one delivery, an event or a click, or by
 * an operator's entry.
 * Amounts are integer micro-dollars. The sum of a buyer's `amount`s is what it owes; that of a seller's `payout`s is
 * what it is owed.
 */
export interface LedgerRecord {
  /** `transaction_id:round:kind`, of an event or a click its id and its kind; of an entry the party, kind and reference. */
  _id: string;
  kind: LedgerKind;
  /** sale, return and event, as are the campaign, the source and the seller. A click may be without a lead. */
  lead?: string;
  /** sale and return, as are the buyer and its integration. */
  delivery?: string;
  campaign?: string;
  source?: string;
  /** An entry is of a buyer or of a seller. */
  seller?: string;
  buyer?: string;
  integration?: string;
  /** click: the connector that its listing, the integration, runs on. */
  network?: string;
  /** event: which one, as configured. */
  event?: string;
  /** What the buyer or network owes; 0 of an event and of a seller's entries. */
  amount: number;
  /** What the seller gets: of the amount, or by the event. Absent in rows older than payouts: all of the amount. */
  payout?: number;
  /** sale, return: the sale would have been lost, but for a second try or a doubt that was cleared up. */
  recovered?: true;
  /** It counts in the buyer's account: it was paid from it, or moved it. */
  onAccount?: true;
  /** Names the call that entered it on account, as its mark there does. */
  mark?: string;
  /** deposit, payment, adjustment: the operator's own name of it, such as a bank's. */
  reference?: string;
  /** deposit, payment, adjustment: code of why. */
  reason?: string;
  at: Date;
}

export function createLedgerModel(connection: Connection) {
  const schema = new Schema<LedgerRecord>(
    {
      _id: String,
      kind: { type: String, required: true } as never,
      lead: String,
      delivery: String,
      campaign: String,
      source: String,
      seller: String,
      buyer: String,
      integration: String,
      network: String,
      event: String,
      amount: { type: Number, required: true },
      payout: Number,
      recovered: Boolean as never,
      onAccount: Boolean as never,
      mark: String,
      reference: String,
      reason: String,
      at: { type: Date, required: true },
    },
    { collection: 'ledger', versionKey: false, autoIndex: false },
  );
  // Reports read one seller's or buyer's records of some days; ids begin with their lead's time.
  schema.index({ seller: 1, _id: 1 });
  schema.index({ buyer: 1, _id: 1 });
  // What the offers of a click listing brought.
  schema.index({ kind: 1, at: 1 });
  // Statements go by when a row was entered.
  schema.index({ seller: 1, at: 1 });
  schema.index({ buyer: 1, at: 1 });
  return connection.model('Ledger', schema);
}
