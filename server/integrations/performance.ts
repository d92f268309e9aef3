import { hourOf, NO_REQUESTS } from '../../activities/performance.ts';
import type { IntegrationHourModel, IntegrationHourRecord } from '../../models/integration-hours.ts';
import { native } from '../../models/native.ts';
import { NO_TIMES, percentile } from '../../rules/response-times.ts';

const HOUR_MS = 3_600_000;
const MAX_MS = 10_000;

/** How the requests of one operation went, or of all. Rates are shares of the requests; null without one. */
export interface OperationPerformance {
  requests: number;
  accepted: number;
  rejected: number;
  pending: number;
  errors: number;
  successRate: number | null;
  rejectionRate: number | null;
  errorRate: number | null;
  /** Of the requests that were answered, in milliseconds. */
  averageMs: number | null;
  p95Ms: number | null;
}

export interface IntegrationPerformance {
  total: OperationPerformance;
  operations: Record<string, OperationPerformance>;
}

type Counts = Omit<IntegrationHourRecord, '_id'>;

/** How an integration did in the hours from that of `from` to before that of `to`: one range of ids, 24 records a day and operation. */
export async function performanceOf(
  hours: IntegrationHourModel,
  integration: string,
  { from, to }: { from: Date; to: Date },
): Promise<IntegrationPerformance> {
  // An hour that has begun is in it: figures of the running hour are what is asked for most.
  const end = hourOf(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS);
  const range = { $gte: `${integration}:${hourOf(from.getTime())}`, $lt: `${integration}:${end}` };
  const total: Counts = { ...NO_REQUESTS, ...NO_TIMES };
  const byOperation = new Map<string, Counts>();
  for await (const { _id, ...counts } of native<IntegrationHourRecord>(hours).find(
    { _id: range },
    { maxTimeMS: MAX_MS },
  )) {
    const operation = _id.slice(_id.lastIndexOf(':') + 1);
    const sum = byOperation.get(operation) ?? { ...NO_REQUESTS, ...NO_TIMES };
    byOperation.set(operation, sum);
    for (const into of [sum, total]) add(into, counts);
  }
  const operations = [...byOperation].sort(([a], [b]) => a.localeCompare(b));
  return {
    total: shown(total),
    operations: Object.fromEntries(operations.map(([name, counts]) => [name, shown(counts)])),
  };
}

function add(into: Counts, counts: Counts): void {
  for (const name of Object.keys(into) as (keyof Counts)[]) into[name] += counts[name] ?? 0;
}

function shown(counts: Counts): OperationPerformance {
  const { requests, accepted, rejected, pending, errors, answers, answerMs } = counts;
  const share = (count: number) => (requests === 0 ? null : Math.round((count / requests) * 10_000) / 10_000);
  return {
    ...{ requests, accepted, rejected, pending, errors },
    successRate: share(accepted),
    rejectionRate: share(rejected),
    errorRate: share(errors),
    averageMs: answers === 0 ? null : Math.round(answerMs / answers),
    p95Ms: percentile(counts, 0.95),
  };
}
