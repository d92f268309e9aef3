import { Schema, type Connection, type Model } from 'mongoose';
import { untilAnswered } from './fence.ts';
import { native } from './native.ts';

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

/** Goes on with a lead that is held or in doubt, or wakes what already does. */
export function resumeRow(lead: string): OutboxRecord {
  return { _id: `resume:${lead}`, kind: 'resume', lead, at: new Date() };
}

/** Tries a postback whose record is there, from wherever it stands. */
export function postbackRow({ _id, lead }: { _id: string; lead: string }): OutboxRecord {
  return { _id: `replay:${_id}`, kind: 'postback', lead, postback: _id, at: new Date() };
}

/** Writes a row, or makes the one that is there new: its time to be swept starts again. */
export async function putRow(outbox: Pick<Model<OutboxRecord>, 'collection'>, row: OutboxRecord): Promise<void> {
  await untilAnswered(() => native<OutboxRecord>(outbox).updateOne({ _id: row._id }, { $set: row }, { upsert: true }));
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
