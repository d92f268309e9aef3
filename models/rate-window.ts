import { Schema, type Connection } from 'mongoose';
import { isDuplicateKey } from './fence.ts';
import { native } from './native.ts';

/** The counter of one limit, which all nodes share. It is set anew in each window, so that nothing has to be deleted. */
export interface RateWindow {
  /** Who is limited, and the length of the window: `lw_live_0123abcd:60000`. */
  _id: string;
  /** When the counted window began, epoch milliseconds. */
  start: number;
  /** Requests that nodes have reserved in it; may exceed the limit by what was not granted. */
  n: number;
}

export function createRateWindowModel(connection: Connection) {
  const schema = new Schema<RateWindow>(
    { _id: String, start: { type: Number, required: true }, n: { type: Number, required: true } },
    { collection: 'rate_windows', versionKey: false, autoIndex: false },
  );
  return connection.model('RateWindow', schema);
}
export type RateWindowModel = ReturnType<typeof createRateWindowModel>;

/** A counter that is lost with a server only lets more requests pass: nobody waits for its journal. */
const WRITE = { writeConcern: { w: 1 as const, j: false }, returnDocument: 'after' as const };

/** Adds `wanted` to the counter of the window that began at `start`, or of a later one, and returns the counter. */
export async function countRequests(
  model: RateWindowModel,
  _id: string,
  start: number,
  wanted: number,
  isNew: boolean,
): Promise<RateWindow> {
  const windows = native<RateWindow>(model);
  if (isNew) {
    try {
      const earlier = { _id, start: { $lt: start } };
      const begun = await windows.findOneAndUpdate(earlier, { $set: { start, n: wanted } }, { ...WRITE, upsert: true });
      if (begun) return begun;
    } catch (error) {
      // Another node has begun this window, or its clock is ahead and it is in the next.
      if (!isDuplicateKey(error)) throw error;
    }
  }
  const counted = await windows.findOneAndUpdate({ _id }, { $inc: { n: wanted } }, WRITE);
  return counted ?? { _id, start, n: wanted };
}
