import { Schema, type Connection } from 'mongoose';
import { MODE, type Mode } from './origin.ts';

export const PORTAL_STATES = ['new', 'taken'] as const;
export type PortalState = (typeof PORTAL_STATES)[number];

/** A lead that is kept for a buyer to fetch. Whether it is the buyer's says its delivery: it must be accepted. */
export interface PortalRecord {
  /** The delivery's id: a lead is kept once, however often it is posted. */
  _id: string;
  lead: string;
  campaign: string;
  integration: string;
  buyer: string;
  mode: Mode;
  state: PortalState;
  /** What the buyer gets to see: what its integration maps. Personal data. */
  payload: Record<string, unknown>;
  keptAt: Date;
  /** Who has not taken it by then has forgotten it. */
  expiresAt?: Date;
  takenAt?: Date;
  /** Id of the key that took it. */
  takenBy?: string;
  /** The request that took it, so that of two at a time each knows its own. */
  taking?: string;
}

export function createPortalModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<PortalRecord>(
    {
      _id: String,
      ...{ lead: text, campaign: text, integration: text, buyer: text },
      mode: MODE,
      state: { type: String, enum: PORTAL_STATES, required: true },
      payload: { type: Schema.Types.Mixed, required: true },
      keptAt: { type: Date, required: true },
      expiresAt: Date,
      takenAt: Date,
      takenBy: String,
      taking: String,
    } as never,
    { collection: 'portal', versionKey: false, minimize: false, autoIndex: false },
  );
  schema.index({ buyer: 1, state: 1, _id: 1 });
  schema.index({ expiresAt: 1 }, { partialFilterExpression: { state: 'new' } });
  return connection.model('Portal', schema);
}
export type PortalModel = ReturnType<typeof createPortalModel>;
