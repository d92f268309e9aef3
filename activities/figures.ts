import type { FiguresModel, FiguresRecord } from '../models/figures.ts';
import type { RuleIntegration } from '../rules/logic.ts';
import { toDecimal, type Micros } from '../rules/money.ts';
import { createRounds, createTally } from './tally.ts';

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
  /** A postback that settled a post, so long after it. */
  toldBack(integration: string, afterMs: number): void;
  /** The last 24 hours, as of some seconds ago. */
  of(integration: string): Omit<RuleIntegration, 'id' | 'days_to_pay'>;
  /** Answered posts of the same time, and how many of them were accepted. */
  posts(integration: string): { posts: number; accepts: number };
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
  const tally = createTally<Counts>({ model: figures, none: NONE, spanOf: hourOf, onFault });
  let known = new Map<string, Counts>();
  let sweptAt = '';

  const exchange = async (now = new Date()) => {
    await tally.write();
    const from = now.getTime() - (WINDOW_HOURS - 1) * HOUR_MS;
    known = await tally.read(from);
    if (sweptAt === hourOf(from)) return;
    sweptAt = hourOf(from);
    await tally.sweep(now.getTime() - KEEP_HOURS * HOUR_MS);
  };
  const rounds = createRounds(exchange, everyMs, onFault);

  return {
    answered: (integration, durationMs, bids) =>
      tally.add(integration, {
        answers: 1,
        answerMs: Math.round(durationMs),
        bids: bids.length,
        bidMicros: bids.reduce((total, price) => total + price, 0),
      }),
    posted: (integration, accepted) => tally.add(integration, { posts: 1, accepts: accepted ? 1 : 0 }),
    toldBack: (integration, afterMs) => tally.add(integration, { postbacks: 1, postbackMs: Math.max(0, afterMs) }),
    of(integration) {
      const counts = known.get(integration) ?? NONE;
      return {
        acceptance: counts.posts < LEAST ? null : counts.accepts / counts.posts,
        average_bid: counts.bids < LEAST ? null : toDecimal(Math.round(counts.bidMicros / counts.bids)),
        response_ms: counts.answers < LEAST ? null : Math.round(counts.answerMs / counts.answers),
        postback_hours: counts.postbacks < LEAST ? null : hours(counts.postbackMs / counts.postbacks),
      };
    },
    posts(integration) {
      const { posts, accepts } = known.get(integration) ?? NONE;
      return { posts, accepts };
    },
    exchange,
    run: rounds.run,
    async stop() {
      await rounds.stop();
      await tally.write();
    },
  };
}

const NONE: Counts = {
  answers: 0,
  answerMs: 0,
  bids: 0,
  bidMicros: 0,
  posts: 0,
  accepts: 0,
  postbacks: 0,
  postbackMs: 0,
};

/** To a hundredth. */
function hours(milliseconds: number): number {
  return Math.round((milliseconds / HOUR_MS) * 100) / 100;
}

/** yyyy-mm-ddThh */
function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}
