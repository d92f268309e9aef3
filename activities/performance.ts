import type { CompiledIntegration } from '../config/compile.ts';
import type { IntegrationHourModel, RequestCounts } from '../models/integration-hours.ts';
import { native } from '../models/native.ts';
import type { Interpretation } from '../rules/mapping/operation.ts';
import { NO_TIMES, timeBin, type TimeCounts } from '../rules/response-times.ts';
import { createRounds, createTally } from './tally.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** For so long operators can ask how an integration did. */
export const PERFORMANCE_DAYS = 92;

/** What a request came to, as operators count it. */
export type RequestResult = 'accepted' | 'rejected' | 'pending' | 'error';

export interface Performance {
  /** A request for a live lead. `durationMs` is absent when there was no answer. */
  asked(integration: string, operation: string, result: RequestResult, durationMs?: number): void;
  /** Writes what was counted here. */
  write(): Promise<void>;
  run(): void;
  stop(): Promise<void>;
}

export interface PerformanceOptions {
  hours: IntegrationHourModel;
  everyMs?: number;
  /** Told when MongoDB did not take the counts; they are lost then. */
  onFault?: () => void;
}

/** How the requests of integrations go: counted in memory, added to hourly records every second or so. */
export function createPerformance({ hours, everyMs = 1000, onFault = () => {} }: PerformanceOptions): Performance {
  const tally = createTally<RequestCounts & TimeCounts>({
    model: hours,
    none: { ...NO_REQUESTS, ...NO_TIMES },
    spanOf: hourOf,
    idOf: hourId,
    onFault,
  });
  let sweptAt = 0;

  const round = async (now = Date.now()) => {
    await tally.write();
    if (now - sweptAt < DAY_MS) return;
    sweptAt = now;
    await sweep(hours, now - PERFORMANCE_DAYS * DAY_MS);
  };
  const rounds = createRounds(round, everyMs, onFault);

  return {
    asked(integration, operation, result, durationMs) {
      tally.add(`${integration}:${operation}`, {
        requests: 1,
        [COUNTED_AS[result]]: 1,
        ...(durationMs === undefined ? {} : { answers: 1, answerMs: Math.round(durationMs), [timeBin(durationMs)]: 1 }),
      });
    },
    write: () => tally.write(),
    run: rounds.run,
    async stop() {
      await rounds.stop();
      await tally.write();
    },
  };
}

export const NO_REQUESTS: RequestCounts = {
  ...{ requests: 0, accepted: 0, rejected: 0, pending: 0, errors: 0 },
  ...{ answers: 0, answerMs: 0 },
};
const COUNTED_AS = { accepted: 'accepted', rejected: 'rejected', pending: 'pending', error: 'errors' } as const;

/** Requests to which a duplicate is a no. To the others it is a yes: the service has the lead, or has heard of it. */
const REFUSING_DUPLICATES = ['ping', 'post', 'status', 'check', 'enrich', 'click'];

/** What the answer to a question came to. */
export function resultOf(operation: string, said: Interpretation | undefined): RequestResult {
  switch (said?.outcome) {
    case 'accepted':
      if ((operation !== 'ping' && operation !== 'click') || said.bids.length > 0) return 'accepted';
      return said.invalidBids.length > 0 ? 'error' : 'rejected';
    case 'duplicate':
      return REFUSING_DUPLICATES.includes(operation) ? 'rejected' : 'accepted';
    case 'rejected':
    case 'pending':
      return said.outcome;
    default:
      return 'error';
  }
}

/** The name that an integration has an operation under. */
export function operationName({ operations }: Pick<CompiledIntegration, 'operations'>, operation: object): string {
  return Object.entries(operations).find(([, own]) => own === operation)?.[0] ?? 'other';
}

/** yyyy-mm-ddThh */
export function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}

function hourId(hour: string, subject: string): string {
  const [integration, operation] = subject.split(':');
  return `${integration}:${hour}:${operation}`;
}

/** Forgets the hours before that of `at`, integration by integration: their ids begin with it. */
async function sweep(hours: IntegrationHourModel, at: number): Promise<void> {
  const records = native<{ _id: string }>(hours);
  let after = '';
  for (;;) {
    const next = await records.findOne({ _id: { $gt: after } }, { sort: { _id: 1 }, projection: { _id: 1 } });
    if (!next) return;
    const integration = next._id.slice(0, next._id.indexOf(':'));
    await records.deleteMany({ _id: { $gte: `${integration}:`, $lt: `${integration}:${hourOf(at)}` } });
    // ';' is the character after ':'.
    after = `${integration};`;
  }
}
