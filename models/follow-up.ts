import { Schema, type Connection } from 'mongoose';
import { NOTICES, type NoticeName } from '../schema/integration.ts';
import type { ExchangeText } from './auction.ts';
import { MODE, type Mode } from './origin.ts';

export const FOLLOW_UP_STATES = ['open', 'done', 'failed', 'skipped'] as const;
export type FollowUpState = (typeof FOLLOW_UP_STATES)[number];

/** What names a follow-up: whom it goes to, and after what. */
export interface FollowUpName {
  /** Transaction id. */
  lead: string;
  integration: string;
  /** Id of the event it follows. */
  event?: string;
  /** What it tells of, when the lead is not delivered. */
  operation?: NoticeName;
  /** return: the delivery that was taken back. */
  delivery?: string;
}

/** A delivery to a CRM, dialer or other service after the outcome or an event, or what a service is told later. */
export interface FollowUpRecord extends FollowUpName {
  /** See `followUpId`. The same on every attempt: the receiver's key against duplicates. */
  _id: string;
  campaign: string;
  source: string;
  mode: Mode;
  /** `skipped`: its own rule or area keeps the lead away, or there is nothing to deliver any more. */
  state: FollowUpState;
  reason?: string;
  /** HTTP status of the last answer. */
  status?: number;
  /** Code of why: of a return, of a consent taken back. */
  why?: string;
  attempts: number;
  /** When it is tried again; absent unless it is open and was tried or has to wait. */
  nextAt?: Date;
  lastExchange?: ExchangeText;
  /** What the answer that took it captured, and the service's own id of the lead. */
  captured?: Record<string, unknown>;
  leadId?: string;
  createdAt: Date;
  changedAt: Date;
}

/**
 * `transaction_id:integration`, after an event `<event's id>:integration`; of what is told later
 * `transaction_id:integration:revoke`, or `<delivery>:integration:return`.
 */
export function followUpId({ lead, integration, event, operation, delivery }: FollowUpName): string {
  if (operation === undefined) return `${event ?? lead}:${integration}`;
  return `${delivery ?? lead}:${integration}:${operation}`;
}

export function createFollowUpModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<FollowUpRecord>(
    {
      _id: String,
      ...{ lead: text, integration: text, campaign: text, source: text },
      mode: MODE as never,
      event: String,
      operation: { type: String, enum: NOTICES } as never,
      delivery: String,
      state: { type: String, enum: FOLLOW_UP_STATES, required: true } as never,
      reason: String,
      status: Number,
      why: String,
      attempts: { type: Number, required: true },
      nextAt: Date,
      lastExchange: String,
      captured: Schema.Types.Mixed,
      leadId: String,
      createdAt: { type: Date, required: true },
      changedAt: { type: Date, required: true },
    },
    { collection: 'follow_ups', versionKey: false, minimize: false, autoIndex: false },
  );
  // Operators look for the failed ones, of one integration or of all, by the time they were made.
  schema.index({ state: 1, createdAt: 1, _id: 1 });
  schema.index({ integration: 1, state: 1, createdAt: 1, _id: 1 });
  return connection.model('FollowUp', schema);
}
