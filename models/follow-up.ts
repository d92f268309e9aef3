import { Schema, type Connection } from 'mongoose';
import type { ExchangeText } from './auction.ts';

/** A delivery to a CRM, dialer or other service after the outcome, or after an event. */
export interface FollowUpRecord {
  /** `transaction_id:integration`, after an event `<event's id>:integration` */
  _id: string;
  lead: string;
  integration: string;
  /** Id of the event it follows. */
  event?: string;
  /** `skipped`: its own rule or area keeps the lead away. */
  state: 'open' | 'done' | 'failed' | 'skipped';
  reason?: string;
  attempts: number;
  lastExchange?: ExchangeText;
  changedAt: Date;
}

export function createFollowUpModel(connection: Connection) {
  const schema = new Schema<FollowUpRecord>(
    {
      _id: String,
      lead: { type: String, required: true },
      integration: { type: String, required: true },
      event: String,
      state: { type: String, enum: ['open', 'done', 'failed', 'skipped'], required: true },
      reason: String,
      attempts: { type: Number, required: true },
      lastExchange: String,
      changedAt: { type: Date, required: true },
    },
    { collection: 'follow_ups', versionKey: false, minimize: false, autoIndex: false },
  );
  return connection.model('FollowUp', schema);
}
