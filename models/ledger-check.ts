import { Schema, type Connection } from 'mongoose';
import { isDuplicateKey, untilAnswered } from './fence.ts';
import { native } from './native.ts';

/** What the last check of the ledger came to, and when the next one is due. There is one. */
export interface LedgerCheckRecord {
  _id: 'last';
  /** Until then nobody begins another one by itself. */
  dueAt: Date;
  /** Absent until a first one was finished, as are the figures. */
  checkedAt?: Date;
  sales?: number;
  accounts?: number;
  /** What did not add up. */
  findings?: number;
}

export function createLedgerCheckModel(connection: Connection) {
  const schema = new Schema<LedgerCheckRecord>(
    {
      _id: { type: String, required: true } as never,
      dueAt: { type: Date, required: true },
      checkedAt: Date,
      sales: Number,
      accounts: Number,
      findings: Number,
    },
    { collection: 'ledger_checks', versionKey: false, autoIndex: false },
  );
  return connection.model('LedgerCheck', schema);
}
export type LedgerCheckModel = ReturnType<typeof createLedgerCheckModel>;

/** Takes on a check that is due. False: it is not, or somebody else has taken it on. `until` is when another may. */
export async function claimLedgerCheck(checks: LedgerCheckModel, now: Date, until: Date): Promise<boolean> {
  const claim = { $set: { dueAt: until } };
  try {
    const claimed = await untilAnswered(() =>
      native<LedgerCheckRecord>(checks).updateOne({ _id: 'last', dueAt: { $lte: now } }, claim, { upsert: true }),
    );
    return claimed.modifiedCount + claimed.upsertedCount > 0;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
}

/** Writes down what a check came to. */
export async function recordLedgerCheck(
  checks: LedgerCheckModel,
  found: Required<Omit<LedgerCheckRecord, '_id'>>,
): Promise<void> {
  await untilAnswered(() =>
    native<LedgerCheckRecord>(checks).updateOne({ _id: 'last' }, { $set: found }, { upsert: true }),
  );
}

export function lastLedgerCheck(checks: LedgerCheckModel): Promise<LedgerCheckRecord | null> {
  return untilAnswered(() => native<LedgerCheckRecord>(checks).findOne({ _id: 'last' }));
}
