import { Schema, type Connection } from 'mongoose';

/** A cap's counter over one window of time. */
export interface CapRecord {
  /** Window id: integration, what is counted, period and start; never the maximum. */
  _id: string;
  /** Places taken: leads, or micro-dollars for a budget. */
  n: number;
  /** Deliveries that hold a place without being settled. */
  open: string[];
  /** Deliveries that gave their place back after it was settled. Absent: none. */
  returned?: string[];
  /** A buyer's account: rows of the ledger that are being entered, each with its call's mark. Absent: none. */
  entering?: string[];
}

export function createCapModel(connection: Connection) {
  const schema = new Schema<CapRecord>(
    {
      _id: String,
      n: { type: Number, required: true },
      open: { type: [String], required: true },
      returned: { type: [String], default: undefined },
      entering: { type: [String], default: undefined },
    },
    { collection: 'caps', versionKey: false, autoIndex: false },
  );
  return connection.model('Cap', schema);
}
