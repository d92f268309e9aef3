import { Schema, type Connection } from 'mongoose';
import { isDuplicateKey, untilAnswered } from './fence.ts';
import { native } from './native.ts';

/** How many turns buyers have taken, counted by all nodes together. */
export interface TurnRecord {
  /** `cmp_auto`, or `cmp_auto:premium` for a group of its auction. */
  _id: string;
  n: number;
}

export function createTurnModel(connection: Connection) {
  const schema = new Schema<TurnRecord>(
    { _id: String, n: { type: Number, required: true } },
    { collection: 'turns', versionKey: false, autoIndex: false },
  );
  return connection.model('Turn', schema);
}
export type TurnModel = ReturnType<typeof createTurnModel>;

/**
 * Draws the next number, from 0: nobody else gets it. After a lost answer a number may be skipped, which is a turn
 * nobody took.
 */
export async function nextTurn(turns: TurnModel, id: string): Promise<number> {
  const draw = () =>
    native<TurnRecord>(turns).findOneAndUpdate(
      { _id: id },
      { $inc: { n: 1 } },
      { upsert: true, returnDocument: 'after', writeConcern: { w: 1, j: false } },
    );
  try {
    return ((await untilAnswered(draw))?.n ?? 1) - 1;
  } catch (error) {
    // Another node made the record at the same moment.
    if (!isDuplicateKey(error)) throw error;
    return ((await untilAnswered(draw))?.n ?? 1) - 1;
  }
}

/** How many numbers were drawn: the one that comes next. */
export async function turnsTaken(turns: TurnModel, id: string): Promise<number> {
  return (await untilAnswered(() => native<TurnRecord>(turns).findOne({ _id: id })))?.n ?? 0;
}
