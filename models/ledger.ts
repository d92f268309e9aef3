import { Schema, type Connection } from 'mongoose';

/**
 * Append-only: what a buyer owes for one delivery, or what an event brought its seller. Amounts are integer
 * micro-dollars.
 */
export interface LedgerRecord {
  /** `transaction_id:round:kind`, of an event its id and `:event`. */
  _id: string;
  /**
   * A return takes a sale back: its amounts are negative. An event is a conversion with verified revenue: no buyer of
   * ours owes anything for it.
   */
  kind: 'sale' | 'return' | 'event';
  lead: string;
  /** sale and return, as are the buyer and its integration. */
  delivery?: string;
  campaign: string;
  source: string;
  seller: string;
  buyer?: string;
  integration?: string;
  /** event: which one, as configured. */
  event?: string;
  /** What the buyer owes; 0 of an event. */
  amount: number;
  /** What the seller gets: of the amount, or by the event. Absent in rows older than payouts: all of the amount. */
  payout?: number;
  at: Date;
}

export function createLedgerModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<LedgerRecord>(
    {
      _id: String,
      kind: text as never,
      lead: text,
      delivery: String,
      campaign: text,
      source: text,
      seller: text,
      buyer: String,
      integration: String,
      event: String,
      amount: { type: Number, required: true },
      payout: Number,
      at: { type: Date, required: true },
    },
    { collection: 'ledger', versionKey: false, autoIndex: false },
  );
  // Reports read one seller's or buyer's records of some days; ids begin with their lead's time.
  schema.index({ seller: 1, _id: 1 });
  schema.index({ buyer: 1, _id: 1 });
  return connection.model('Ledger', schema);
}
