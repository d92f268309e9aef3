import { Schema, type Connection } from 'mongoose';

/** How an alert stands. Made when it first fires; changed when it begins to fire or recovers, and never in between. */
export interface AlertRecord {
  /** `<campaign>:<alert>`, and `:<subject>` where there is one */
  _id: string;
  campaign: string;
  /** Id of the alert in its campaign. */
  alert: string;
  /** What of the campaign it is about: an integration, a cap, an endpoint. */
  subject?: string;
  state: 'firing' | 'ok';
  /** Counts the times it began to fire. */
  episode: number;
  /** Since when it stands like this. */
  since: Date;
  /** When the episode began. */
  firedAt: Date;
  /** What was seen then, in the unit of the alert's `above`. */
  value: number;
  /** Leads or posts behind the value, or the maximum of a cap. */
  of?: number;
  /** Whether everything there is to send about it is in the postbacks. */
  told: boolean;
}

export function createAlertModel(connection: Connection) {
  const schema = new Schema<AlertRecord>(
    {
      _id: String,
      campaign: { type: String, required: true },
      alert: { type: String, required: true },
      subject: String,
      state: { type: String, enum: ['firing', 'ok'], required: true },
      episode: { type: Number, required: true },
      since: { type: Date, required: true },
      firedAt: { type: Date, required: true },
      value: { type: Number, required: true },
      of: Number,
      told: { type: Boolean, required: true },
    },
    { collection: 'alerts', versionKey: false, autoIndex: false },
  );
  return connection.model('Alert', schema);
}
