import { Schema, type Connection } from 'mongoose';
import type { ExchangeText } from './auction.ts';
import { MODE, type Mode } from './origin.ts';

export const POSTBACK_RECORD_STATES = ['open', 'delivered', 'failed'] as const;
export type PostbackRecordState = (typeof POSTBACK_RECORD_STATES)[number];

/** One thing to tell one endpoint. What it says is fixed when it happens; where it goes is read at each attempt. */
export interface PostbackRecord {
  /** `<event id>:<endpoint>` */
  _id: string;
  /** The same on every attempt and for every endpoint: the receiver's key against duplicates. */
  event: string;
  /** `lead.sold` and the like. */
  type: string;
  /** `<source>/<name>`, `event/<event>/<name>` or `<campaign>/<event>/<name>`; `alert/<channel>` */
  endpoint: string;
  /** Id of the record of the event it tells; absent when it tells what became of a lead. */
  subject?: string;
  /** When that event was taken in. */
  happenedAt?: Date;
  /** Of an alert: its id, and no source. */
  lead: string;
  campaign: string;
  source: string;
  mode: Mode;
  /** The event as it is sent where the endpoint maps no body of its own: JSON text. */
  payload: string;
  state: PostbackRecordState;
  /** Why the last attempt came to nothing: a code. */
  reason?: string;
  /** HTTP status of the last answer. */
  status?: number;
  attempts: number;
  /** When it is tried again; absent unless it is open and was tried. */
  nextAt?: Date;
  /** The last exchanges, newest last. */
  exchanges: ExchangeText[];
  createdAt: Date;
  changedAt: Date;
}

export function createPostbackModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<PostbackRecord>(
    {
      _id: String,
      event: text,
      type: text,
      endpoint: text,
      subject: String,
      happenedAt: Date,
      lead: text,
      campaign: text,
      source: text,
      mode: MODE as never,
      payload: text,
      state: { type: String, enum: POSTBACK_RECORD_STATES, required: true } as never,
      reason: String,
      status: Number,
      attempts: { type: Number, required: true },
      nextAt: Date,
      exchanges: { type: Schema.Types.Mixed, required: true } as never,
      createdAt: { type: Date, required: true },
      changedAt: { type: Date, required: true },
    },
    { collection: 'postbacks', versionKey: false, minimize: false, autoIndex: false },
  );
  // The log reads by time, of one endpoint, of a source's, or of all; replay the failed ones of an endpoint, or all.
  schema.index({ state: 1, createdAt: 1, _id: 1 });
  schema.index({ endpoint: 1, state: 1, createdAt: 1, _id: 1 });
  schema.index({ source: 1, createdAt: 1, _id: 1 });
  schema.index({ subject: 1 }, { partialFilterExpression: { subject: { $exists: true } } });
  return connection.model('Postback', schema);
}

/**
 * An endpoint that fails, or said it is gone. What is off stays off until its request is configured otherwise or an
 * operator switches it on.
 */
export interface EndpointRecord {
  /** As in PostbackRecord. */
  _id: string;
  /** SHA-256 of the request as it was configured then. */
  request: string;
  /** Since when nothing has been taken; absent when the last attempt was. */
  failingSince?: Date;
  lastFailureAt?: Date;
  /** Failures since then, at most one a minute. */
  failures?: number;
  /** Set when it is off. */
  disabledAt?: Date;
  /** Why: `gone` or `failing`. */
  reason?: string;
}

export function createEndpointModel(connection: Connection) {
  const schema = new Schema<EndpointRecord>(
    {
      _id: String,
      request: { type: String, required: true },
      failingSince: Date,
      lastFailureAt: Date,
      failures: Number,
      disabledAt: Date,
      reason: String,
    },
    { collection: 'postback_endpoints', versionKey: false, autoIndex: false },
  );
  return connection.model('PostbackEndpoint', schema);
}
