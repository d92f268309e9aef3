import { Schema, type Connection } from 'mongoose';

/** Work that has to start. The row goes only when the workflow has started; every node sweeps old rows. */
export interface OutboxRecord {
  /** `kind:subject`, so that writing a row twice is harmless. */
  _id: string;
  kind: 'lead' | 'ping' | 'resume' | 'follow_up' | 'postback' | 'event';
  lead: string;
  /** follow_up: the integration to run. */
  integration?: string;
  /** postback: where it goes (`<source>/<name>`), and what it tells. */
  endpoint?: string;
  /** event: id of its record, which is written after the row. `lead` is its transaction id, of a visit perhaps. */
  event?: string;
  /** postback: id of its record, where that is there already. */
  postback?: string;
  /** lead: the claim that must still hold when somebody else starts it. */
  claim?: string;
  at: Date;
}

export function createOutboxModel(connection: Connection) {
  const schema = new Schema<OutboxRecord>(
    {
      _id: String,
      kind: { type: String, enum: ['lead', 'ping', 'resume', 'follow_up', 'postback', 'event'], required: true },
      lead: { type: String, required: true },
      integration: String,
      endpoint: String,
      event: String,
      postback: String,
      claim: String,
      at: { type: Date, required: true },
    },
    { collection: 'outbox', versionKey: false, autoIndex: false },
  );
  return connection.model('Outbox', schema);
}
