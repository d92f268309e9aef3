import type { Model, mongo } from 'mongoose';
import { native } from '../models/native.ts';

export interface TallyOptions<Counts> {
  /** Its records have the id `<span>:<subject>`, where spans sort by time, or another one, and the counts. */
  model: Pick<Model<never>, 'collection'>;
  /** All zero; names every count. */
  none: Counts;
  /** Names the span of time an instant lies in, such as its hour. */
  spanOf(at: number): string;
  /** The id of a record where it is another one; such a tally is only written. */
  idOf?(span: string, subject: string): string;
  /** Told when MongoDB did not take the counts. */
  onFault: () => void;
}

export interface Tally<Counts> {
  /** Counts in memory, in the span of now. */
  add(subject: string, counts: Partial<Counts>): void;
  /** Adds what was counted here to the records of all nodes. */
  write(): Promise<void>;
  /** What all nodes counted since the span of `from`, by subject; of a subject only the spans that `isMeant` keeps. */
  read(from: number, isMeant?: (span: string, subject: string) => boolean): Promise<Map<string, Counts>>;
  /** Forgets the spans before that of `at`. */
  sweep(at: number): Promise<void>;
}

/** Counts by subject and span of time that several nodes add up in MongoDB: kept in memory, written once in a while. */
export function createTally<Counts extends Record<keyof Counts, number>>({
  model,
  none,
  spanOf,
  idOf = (span, subject) => `${span}:${subject}`,
  onFault,
}: TallyOptions<Counts>): Tally<Counts> {
  const records = native(model) as unknown as mongo.Collection<{ _id: string }>;
  const names = Object.keys(none) as (keyof Counts)[];
  let counted = new Map<string, Counts>();

  function sum(into: Map<string, Counts>, key: string, counts: Partial<Counts>): void {
    const so: Record<keyof Counts, number> = { ...(into.get(key) ?? none) };
    for (const name of names) so[name] += counts[name] ?? 0;
    into.set(key, so as Counts);
  }

  return {
    add: (subject, counts) => sum(counted, idOf(spanOf(Date.now()), subject), counts),
    async write() {
      const going = counted;
      counted = new Map();
      if (going.size === 0) return;
      const updates = [...going].map(([_id, counts]) => ({
        updateOne: { filter: { _id }, update: { $inc: counts }, upsert: true },
      }));
      try {
        await records.bulkWrite(updates as never, { ordered: false, writeConcern: { w: 1, j: false } });
      } catch {
        // Some may have been written: counts bear a loss better than counting twice.
        onFault();
      }
    },
    async read(from, isMeant = () => true) {
      const found = new Map<string, Counts>();
      for await (const { _id, ...counts } of records.find({ _id: { $gte: spanOf(from) } })) {
        // A span may hold colons, a subject does not.
        const colon = _id.lastIndexOf(':');
        const subject = _id.slice(colon + 1);
        if (isMeant(_id.slice(0, colon), subject)) sum(found, subject, counts as Partial<Counts>);
      }
      return found;
    },
    async sweep(at) {
      await records.deleteMany({ _id: { $lt: spanOf(at) } });
    },
  };
}

/** Does `work` every so often, never twice at once; a fault is told and the work done again later. */
export function createRounds(work: () => Promise<void>, everyMs: number, onFault: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  return {
    run(): void {
      const next = () => {
        working = work().catch(onFault);
        void working.then(() => (timer &&= setTimeout(next, everyMs).unref()));
      };
      timer = setTimeout(next, 0);
    },
    /** Waits for what is under way. */
    async stop(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      await working;
    },
  };
}
