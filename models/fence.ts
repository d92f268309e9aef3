import { setTimeout as delay } from 'node:timers/promises';
import type { Model } from 'mongoose';
import { LeadwireError } from '../errors/leadwire-error.ts';

export type Fenced<T> = { ours: true } | { ours: false; record: T };

/** The part of a model that a fence needs: the driver's own collection, since its records are already typed. */
type Fencing = Pick<Model<never>, 'collection'>;

const PATIENCE_MS = 10_000;
const PAUSE_MS = 100;

export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 11000;
}

/** A fault after which the server may or may not have carried out the write. */
function isUncertain(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return /^Mongo(Network|ServerSelection|PoolCleared|WriteConcern|NotConnected|Topology|OperationTimeout)/.test(name);
}

/**
 * Inserts a record that decides something and says whose it is. A duplicate key that `isOurs` recognises is our own
 * earlier success. After an uncertain write nothing is assumed until a majority read answers.
 *
 * @throws LeadwireError `unavailable` when MongoDB does not answer in time; the caller must not act then.
 */
export async function insertFence<T extends { _id: string }>(
  model: Fencing,
  record: T,
  isOurs: (found: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<Fenced<T>> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      // A copy: the driver must not be the one to change what the caller holds.
      await model.collection.insertOne({ ...record } as never);
      return { ours: true };
    } catch (error) {
      if (!isDuplicateKey(error) && !isUncertain(error)) throw error;
      const found = await readMajority<T>(model, record._id, giveUpAt);
      if (found) return isOurs(found) ? { ours: true } : { ours: false, record: found };
      if (isDuplicateKey(error)) throw error; // another unique index: a fault of ours
    }
  }
}

/** Inserts a record unless one with its id is there: for what is the same whoever writes it, however often. */
export async function insertOnce<T extends { _id: string }>(model: Fencing, record: T): Promise<void> {
  try {
    await untilAnswered(() => model.collection.insertOne({ ...record } as never));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Reads what a majority holds from the primary, however often MongoDB has to be asked. */
export async function readMajority<T extends { _id: string }>(
  model: Fencing,
  id: string,
  giveUpAt = Date.now() + PATIENCE_MS,
): Promise<T | null> {
  const read = () => model.collection.findOne({ _id: id } as never, { readConcern: { level: 'majority' } });
  return (await untilAnswered(read, giveUpAt - Date.now())) as unknown as T | null;
}

/** Repeats a read, or a write whose repetition is harmless, until MongoDB has answered it. */
export async function untilAnswered<R>(operation: () => Promise<R>, patienceMs = PATIENCE_MS): Promise<R> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isUncertain(error)) throw error;
      if (Date.now() >= giveUpAt) throw new LeadwireError('unavailable', { cause: error });
      await delay(PAUSE_MS);
    }
  }
}
