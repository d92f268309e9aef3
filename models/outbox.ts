import { Schema, type Connection } from 'mongoose';

/** Work that has to start. The row goes only when the workflow has started; every node sweeps old rows. */
export interface OutboxRecord {
  /** `kind:subject`, so that writing a row twice is harmless. */
  _id: string;
  kind: 'lead' | 'resume' | 'follow_up';
  lead: string;
  /** follow_up: the integration to run. */
  integration?: string;
  /** lead: the claim that must still hold when somebody else starts it. */
  claim?: string;
  at: Date;
}

export function createOutboxModel(connection: Connection) {
  const schema = new Schema<OutboxRecord>(
    {
      _id: String,
      kind: { type: String, enum: ['lead', 'resume', 'follow_up'], required: true },
      lead: { type: String, required: true },
      integration: String,
      claim: String,
      at: { type: Date, required: true },
    },
    { collection: 'outbox', versionKey: false, autoIndex: false },
  );
  return connection.model('Outbox', schema);
}
