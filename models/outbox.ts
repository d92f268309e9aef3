import { Schema, type Connection, type Model } from 'mongoose';
import type { NoticeName } from '../schema/integration.ts';
import { untilAnswered } from './fence.ts';
import { followUpId, type FollowUpName } from './follow-up.ts';
import { native } from './native.ts';
import { withdrawalId, type WithdrawalKind } from './withdrawal.ts';

const OUTBOX_KINDS = ['lead', 'ping', 'resume', 'follow_up', 'postback', 'event', 'withdrawal'] as const;

/** Work that has to start. The row goes only when the workflow has started; every node sweeps old rows. */
export interface OutboxRecord {
  /** `kind:subject`, so that writing a row twice is harmless. */
  _id: string;
  kind: (typeof OUTBOX_KINDS)[number];
  lead: string;
  /** follow_up: the integration to run. */
  integration?: string;
  /** postback: where it goes (`<source>/<name>`), and what it tells. */
  endpoint?: string;
  /**
   * event: id of its record, which is written after the row. `lead` is its transaction id, of a visit perhaps.
   * follow_up: id of the event it follows.
   */
  event?: string;
  /** follow_up: what it tells of, when it does not deliver the lead; for a return the delivery that was taken back. */
  operation?: NoticeName;
  delivery?: string;
  /** withdrawal: its kind. */
  withdrawal?: WithdrawalKind;
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

/** Makes a follow-up go on from wherever its record stands, or tells of a return once it has come about. */
export function followUpRow(name: FollowUpName): OutboxRecord {
  const { lead, integration, event, operation, delivery } = name;
  return {
    _id: `follow_up:${followUpId(name)}`,
    ...{ kind: 'follow_up', lead, integration, at: new Date() },
    ...(event === undefined ? {} : { event }),
    ...(operation === undefined ? {} : { operation }),
    ...(delivery === undefined ? {} : { delivery }),
  };
}

/** Carries out, or goes on with, what somebody wants withdrawn. */
export function withdrawalRow(lead: string, kind: WithdrawalKind): OutboxRecord {
  return { _id: `withdrawal:${withdrawalId(lead, kind)}`, kind: 'withdrawal', lead, withdrawal: kind, at: new Date() };
}

/** Writes a row, or makes the one that is there new: its time to be swept starts again. */
export async function putRow(outbox: Pick<Model<OutboxRecord>, 'collection'>, row: OutboxRecord): Promise<void> {
  await untilAnswered(() => native<OutboxRecord>(outbox).updateOne({ _id: row._id }, { $set: row }, { upsert: true }));
}

export function createOutboxModel(connection: Connection) {
  const schema = new Schema<OutboxRecord>(
    {
      _id: String,
      kind: { type: String, enum: OUTBOX_KINDS, required: true },
      lead: { type: String, required: true },
      integration: String,
      endpoint: String,
      event: String,
      operation: String as never,
      delivery: String,
      withdrawal: String as never,
      postback: String,
      claim: String,
      at: { type: Date, required: true },
    },
    { collection: 'outbox', versionKey: false, autoIndex: false },
  );
  return connection.model('Outbox', schema);
}
