import type { FiguresModel, FiguresRecord } from '../models/figures.ts';
import { native } from '../models/native.ts';
import type { RuleIntegration } from '../rules/logic.ts';
import { toDecimal, type Micros } from '../rules/money.ts';

const HOUR_MS = 3_600_000;
const WINDOW_HOURS = 24;
const KEEP_HOURS = 48;
/** Fewer than this say nothing. */
const LEAST = 5;

type Counts = Omit<FiguresRecord, '_id'>;

export interface Figures {
  /** A ping that was answered, with the prices of its bids. */
  answered(integration: string, durationMs: number, bids: readonly Micros[]): void;
  /** A post that was answered with a yes or a no. */
  posted(integration: string, accepted: boolean): void;
  /** The last 24 hours, as of some seconds ago. */
  of(integration: string): Omit<RuleIntegration, 'id'>;
  /** Writes what was counted here, and reads what all nodes counted. */
  exchange(now?: Date): Promise<void>;
  run(): void;
  stop(): Promise<void>;
}

export interface FiguresOptions {
  figures: FiguresModel;
  everyMs?: number;
  /** Told when MongoDB did not take or give the figures; they wait for the next time. */
  onFault?: () => void;
}

/** The recent figures of integrations: counted in memory, added to hourly records every second or so. */
export function createFigures({ figures, everyMs = 1000, onFault = () => {} }: FiguresOptions): Figures {
  const records = native<FiguresRecord>(figures);
  let counted = new Map<string, Counts>();
  let known = new Map<string, Counts>();
  let sweptAt = '';
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  function add(integration: string, counts: Partial<Counts>): void {
    sum(counted, `${hourOf(Date.now())}:${integration}`, counts);
  }

  async function write(): Promise<void> {
    const going = counted;
    counted = new Map();
    if (going.size === 0) return;
    const updates = [...going].map(([_id, counts]) => ({
      updateOne: { filter: { _id }, update: { $inc: counts }, upsert: true },
    }));
    try {
      await records.bulkWrite(updates, { ordered: false, writeConcern: { w: 1, j: false } });
    } catch {
      // Some may have been written: figures bear a loss better than counting twice.
      onFault();
    }
  }

  async function read(now: Date): Promise<void> {
    const from = hourOf(now.getTime() - (WINDOW_HOURS - 1) * HOUR_MS);
    const found = new Map<string, Counts>();
    for await (const { _id, ...counts } of records.find({ _id: { $gte: from } })) {
      sum(found, _id.slice(_id.indexOf(':') + 1), counts);
    }
    known = found;
    if (sweptAt === from) return;
    sweptAt = from;
    await records.deleteMany({ _id: { $lt: hourOf(now.getTime() - KEEP_HOURS * HOUR_MS) } });
  }

  const exchange = async (now = new Date()) => {
    await write();
    await read(now);
  };

  return {
    answered: (integration, durationMs, bids) =>
      add(integration, {
        answers: 1,
        answerMs: Math.round(durationMs),
        bids: bids.length,
        bidMicros: bids.reduce((total, price) => total + price, 0),
      }),
    posted: (integration, accepted) => add(integration, { posts: 1, accepts: accepted ? 1 : 0 }),
    of(integration) {
      const counts = known.get(integration) ?? NONE;
      return {
        acceptance: counts.posts < LEAST ? null : counts.accepts / counts.posts,
        average_bid: counts.bids < LEAST ? null : toDecimal(Math.round(counts.bidMicros / counts.bids)),
        response_ms: counts.answers < LEAST ? null : Math.round(counts.answerMs / counts.answers),
      };
    },
    exchange,
    run() {
      const next = () => {
        working = exchange().catch(onFault);
        void working.then(() => (timer &&= setTimeout(next, everyMs).unref()));
      };
      timer = setTimeout(next, 0);
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await working;
      await write();
    },
  };
}

const NONE: Counts = { answers: 0, answerMs: 0, bids: 0, bidMicros: 0, posts: 0, accepts: 0 };

function sum(into: Map<string, Counts>, key: string, counts: Partial<Counts>): void {
  const so = { ...(into.get(key) ?? NONE) };
  for (const name of Object.keys(NONE) as (keyof Counts)[]) so[name] += counts[name] ?? 0;
  into.set(key, so);
}

/** yyyy-mm-ddThh */
function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}
