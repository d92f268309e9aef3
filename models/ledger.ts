import { Schema, type Connection } from 'mongoose';

/** Append-only: what a buyer owes for one delivery. Amounts are integer micro-dollars. */
export interface LedgerRecord {
  /** `transaction_id:round:kind` */
  _id: string;
  kind: 'sale';
  lead: string;
  delivery: string;
  campaign: string;
  source: string;
  seller: string;
  buyer: string;
  integration: string;
  amount: number;
  at: Date;
}

export function createLedgerModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<LedgerRecord>(
    {
      _id: String,
      kind: text as never,
      lead: text,
      delivery: text,
      campaign: text,
      source: text,
      seller: text,
      buyer: text,
      integration: text,
      amount: { type: Number, required: true },
      at: { type: Date, required: true },
    },
    { collection: 'ledger', versionKey: false, autoIndex: false },
  );
  return connection.model('Ledger', schema);
}
