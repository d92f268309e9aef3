import { Schema, type Connection } from 'mongoose';
import { MODE, type Mode } from './origin.ts';
import type { Sealed } from './secret.ts';

/** `revoke`: the person took the consent back. `erase`: its data is to go. */
export const WITHDRAWAL_KINDS = ['revoke', 'erase'] as const;
export type WithdrawalKind = (typeof WITHDRAWAL_KINDS)[number];

/** `incomplete`: its time is over, and not everybody could be told. */
export const WITHDRAWAL_STATES = ['open', 'done', 'incomplete'] as const;
export type WithdrawalState = (typeof WITHDRAWAL_STATES)[number];

/** The proof that a lead was withdrawn: who asked when, what was done about it. Nothing personal, so it stays. */
export interface WithdrawalRecord {
  /** `transaction_id:kind` */
  _id: string;
  lead: string;
  kind: WithdrawalKind;
  campaign: string;
  source: string;
  mode: Mode;
  state: WithdrawalState;
  /** Code of the reason, as it was given. */
  why?: string;
  /** Who asked: `key:…`, `cli:…`. */
  by: string;
  requestedAt: Date;
  /** Since when it can be sold to nobody. */
  closedAt?: Date;
  /** Ids of the follow-ups that tell those who got the lead. */
  told?: string[];
  /** erase: when our own fields were blanked, and in how many records of each collection. */
  blankedAt?: Date;
  blanked?: Record<string, number>;
  /** erase: what those who are told need to know whose data it is. Gone when they know, or their time is over. */
  sealed?: Sealed;
  finishedAt?: Date;
}

export function withdrawalId(lead: string, kind: WithdrawalKind): string {
  return `${lead}:${kind}`;
}

export function createWithdrawalModel(connection: Connection) {
  const text = { type: String, required: true };
  const schema = new Schema<WithdrawalRecord>(
    {
      _id: String,
      lead: text,
      kind: { type: String, enum: WITHDRAWAL_KINDS, required: true } as never,
      campaign: text,
      source: text,
      mode: MODE as never,
      state: { type: String, enum: WITHDRAWAL_STATES, required: true } as never,
      why: String,
      by: text,
      requestedAt: { type: Date, required: true },
      closedAt: Date,
      told: { type: [String], default: undefined },
      blankedAt: Date,
      blanked: Schema.Types.Mixed,
      sealed: Schema.Types.Mixed,
      finishedAt: Date,
    },
    { collection: 'withdrawals', versionKey: false, autoIndex: false },
  );
  schema.index({ state: 1, _id: 1 });
  return connection.model('Withdrawal', schema);
}
