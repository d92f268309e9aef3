import { Schema, type Connection } from 'mongoose';
import { ORIGIN, type Origin } from './origin.ts';

/** Who fired an event: anybody, the holder of a key, an operator, or a row of an upload. */
export const EVENT_ORIGINS = ['open', 'key', 'operator', 'bulk'] as const;
export type EventOrigin = (typeof EVENT_ORIGINS)[number];

type Values = Record<string, string | number | boolean>;

/** Something that happened after a click or a lead, once and for good: a record never changes. */
export interface EventRecord extends Origin {
  /**
   * `<transaction id>:<event>`, so that inserting it is what tells a duplicate; of an event that fired again
   * `<transaction id>:<event>:<unique>`. Ids begin with the transaction's, and so with its time.
   */
  _id: string;
  /** Id of the event as configured. */
  event: string;
  /** Transaction id of the lead, or of a visit that has no lead yet. */
  lead: string;
  /** The source as the caller named it, `organic` when it named none. */
  pid: string;
  /** Configuration revision it was taken in with. */
  revision: number;
  conversion: boolean;
  affiliateConversion: boolean;
  /** `conv_…`, on conversions only. */
  conversionId?: string;
  /** Of a conversion, in micro-dollars. */
  revenue?: number;
  /** Whether somebody we know vouches for the revenue: a seller's key, an operator. What is not is in no ledger. */
  verified: boolean;
  /** When it converted, as the caller says. */
  conversionDate?: Date;
  /** The event's own fields, in their canonical form. */
  fields: Values;
  /** Lead and tracking fields that came with it, in their canonical form; the lead was updated with them. */
  updates?: { fields: Values; tracking: Values };
  /** Everything as it was sent: JSON text. */
  payload: string;
  origin: EventOrigin;
  /** Names the request that made it: of two only one did. */
  request: string;
  /** Public start of the key, or the operator's name. */
  by?: string;
  /** When it was taken in. */
  at: Date;
}

export function createEventModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<EventRecord>(
    {
      _id: String,
      event: text,
      lead: text,
      ...ORIGIN,
      pid: text,
      revision: { type: Number, required: true },
      conversion: { type: Boolean, required: true },
      affiliateConversion: { type: Boolean, required: true },
      conversionId: String,
      revenue: Number,
      verified: { type: Boolean, required: true },
      conversionDate: Date,
      fields: { type: Schema.Types.Mixed, required: true },
      updates: Schema.Types.Mixed,
      payload: text,
      origin: { type: String, enum: EVENT_ORIGINS, required: true } as never,
      request: text,
      by: String,
      at: { type: Date, required: true },
    },
    { collection: 'events', versionKey: false, minimize: false, autoIndex: false },
  );
  // Reports read one seller's records of some days by their ids; logs read the newest by their time.
  schema.index({ seller: 1, _id: 1 });
  schema.index({ seller: 1, at: -1, _id: -1 });
  schema.index({ at: -1, _id: -1 });
  return connection.model('Event', schema);
}

/** Keeps a second request for the same event of a transaction away while the first is young. */
export interface EventLockRecord {
  /** `<transaction id>:<event>` */
  _id: string;
  /** The request that has it. */
  holder: string;
  until: Date;
}

export function createEventLockModel(connection: Connection) {
  const schema = new Schema<EventLockRecord>(
    { _id: String, holder: { type: String, required: true }, until: { type: Date, required: true } },
    { collection: 'event_locks', versionKey: false, autoIndex: false },
  );
  // Tidies up only: what decides is `until`.
  schema.index({ until: 1 }, { expireAfterSeconds: 60 });
  return connection.model('EventLock', schema);
}
