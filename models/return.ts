import { Schema, type Connection } from 'mongoose';
import { ORIGIN, type Origin } from './origin.ts';

export const RETURN_STATES = ['requested', 'approved', 'refused'] as const;
export type ReturnState = (typeof RETURN_STATES)[number];

/** What a buyer wants back, or got back, for one delivery. The delivery says whether the sale still stands. */
export interface ReturnRecord extends Origin {
  /** The delivery's id: it is returned once or not at all. */
  _id: string;
  lead: string;
  buyer: string;
  integration: string;
  state: ReturnState;
  /** Code of the reason. */
  reason?: string;
  /** What the buyer paid, in micro-dollars. */
  amount: number;
  /** What the seller gives back of its payout, in micro-dollars. */
  clawback: number;
  /** `postback`, `api` or the operator's name. */
  requestedBy: string;
  requestedAt: Date;
  /** Absent where approval is automatic. */
  decidedBy?: string;
  decidedAt?: Date;
}

export function createReturnModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<ReturnRecord>(
    {
      _id: String,
      ...{ lead: text, buyer: text, integration: text },
      ...ORIGIN,
      state: { type: String, enum: RETURN_STATES, required: true },
      reason: String,
      amount: { type: Number, required: true },
      clawback: { type: Number, required: true },
      requestedBy: text,
      requestedAt: { type: Date, required: true },
      decidedBy: String,
      decidedAt: Date,
    },
    { collection: 'returns', versionKey: false, autoIndex: false },
  );
  schema.index({ buyer: 1, _id: 1 });
  schema.index({ seller: 1, _id: 1 });
  schema.index({ state: 1, _id: 1 });
  return connection.model('Return', schema);
}
export type ReturnModel = ReturnType<typeof createReturnModel>;
