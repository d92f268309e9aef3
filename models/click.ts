import { Schema, type Connection } from 'mongoose';
import { ORIGIN, type Origin } from './origin.ts';

export const DEVICES = ['desktop', 'mobile', 'tablet', 'bot', 'other'] as const;
export type Device = (typeof DEVICES)[number];

/** A visit that was handed a transaction id. A lead that comes with the id is stored under the same one. */
export interface ClickRecord extends Origin {
  /** Transaction id: `txn_` + UUIDv7, so that clicks sort by time. */
  _id: string;
  at: Date;
  /** Tracking fields of the link, in their canonical form. */
  tracking: Record<string, string | number | boolean>;
  device: Device;
  /** Host of the page that held the link, and nothing else of its address. */
  referrer?: string;
  /** Since when its values are gone. */
  erasedAt?: Date;
  /** The visit as it was recorded, once an event has changed it. */
  original?: Pick<ClickRecord, 'tracking'>;
  /** Ids of the newest events that changed it, and how many did. */
  changedBy?: string[];
  edits?: number;
  /** Verified revenue of its conversions, in micro-dollars. What buyers pay for it is not part of it. */
  revenue?: number;
  /** Ids of the events that it is the sum of: each is added once. */
  earnedFrom?: string[];
}

/** Collection `clicks`. No address of the visitor is kept, and no more of the browser than its kind. */
export function createClickModel(connection: Connection) {
  const schema = new Schema<ClickRecord>(
    {
      _id: String,
      ...ORIGIN,
      at: { type: Date, required: true },
      tracking: { type: Schema.Types.Mixed, required: true },
      device: { type: String, enum: DEVICES, required: true },
      referrer: String,
      erasedAt: Date,
      original: Schema.Types.Mixed,
      changedBy: Schema.Types.Mixed,
      edits: Number,
      revenue: Number,
      earnedFrom: { type: [String], default: undefined },
    },
    { collection: 'clicks', versionKey: false, minimize: false, autoIndex: false },
  );
  // Reports read one seller's records of some days; ids begin with their time.
  schema.index({ seller: 1, _id: 1 });
  return connection.model('Click', schema);
}
