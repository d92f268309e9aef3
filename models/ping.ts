import { Schema, type Connection } from 'mongoose';
import type { LeadRecord } from './lead.ts';
import { ORIGIN, type Origin } from './origin.ts';

/**
 * A ping: what is known of a lead before its seller has decided to post it. Never changes once written; its answer is
 * the auction `ping_id:1`, and its post the lead that has its transaction id.
 */
export interface PingRecord extends Pick<
  LeadRecord,
  keyof Origin | 'revision' | 'fields' | 'tracking' | 'payout' | 'receivedAt'
> {
  /** `png_` and the UUID of the transaction id. */
  _id: string;
  /** Transaction id of the lead that it becomes. */
  lead: string;
}

export function createPingModel(connection: Connection) {
  const text = { type: String, required: true };
  const mixed = { type: Schema.Types.Mixed, required: true };
  const schema = new Schema<PingRecord>(
    {
      _id: String,
      lead: text,
      ...ORIGIN,
      revision: { type: Number, required: true },
      fields: mixed,
      tracking: mixed,
      payout: Schema.Types.Mixed,
      receivedAt: { type: Date, required: true },
    } as never,
    { collection: 'pings', versionKey: false, minimize: false, autoIndex: false },
  );
  return connection.model('Ping', schema);
}
