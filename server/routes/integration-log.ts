import { z } from 'zod';
import { PERFORMANCE_DAYS } from '../../activities/performance.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { integrationId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { moment, pageOf, timeRange } from '../api/pages.ts';
import { requireIntegration } from '../integrations/integration.ts';
import { searchLog, type LoggedRequest } from '../integrations/logs.ts';
import { performanceOf, type OperationPerformance } from '../integrations/performance.ts';
import type { TryIntegrationDeps } from '../integrations/try-integration.ts';
import { exchangeShown, shownExchange } from '../postbacks/shown.ts';

type Deps = Pick<TryIntegrationDeps, 'config' | 'models'>;

const NO_STORE = { 'cache-control': 'no-store' };
const DAY_MS = 86_400_000;
const shared = {
  tag: 'Integrations',
  access: ['operator'],
  params: z.object({ id: integrationId }),
} as const;

const rate = z.number().min(0).max(1).nullable().describe('Of the requests, 0 to 1; null without one');
const time = z
  .int()
  .min(0)
  .nullable()
  .describe('Of the requests that were answered, in milliseconds; null without one');
const figures = z.object({
  requests: z.int().min(0),
  accepted: z.int().min(0).describe('A bid, an accept, a check that passed, a delivery that was taken'),
  rejected: z.int().min(0).describe('A no'),
  pending: z.int().min(0).describe('The answer comes later'),
  errors: z.int().min(0).describe('Not sent, no answer in time, an error of the service, or not recognised'),
  success_rate: rate,
  rejection_rate: rate,
  error_rate: rate,
  average_ms: time,
  p95_ms: time,
});

/** How an integration does, and its single requests. */
export function integrationLogOperations(deps: Deps): Operation[] {
  return [performance(deps), logs(deps)];
}

function performance({ config, models }: Deps): Operation {
  return operation(
    {
      ...shared,
      id: 'getIntegrationPerformance',
      method: 'get',
      path: '/api/integrations/{id}/performance',
      summary: 'How its requests went: how many, their rates and times, by operation',
      description:
        `Of live leads, counted when a request was made, to whole hours (UTC), as of about a second ago; kept for ${PERFORMANCE_DAYS} ` +
        'days. What buyers say later with a postback changes nothing in it, and tests are not part of it. `p95_ms` is read off counted steps.',
      query: z.object({
        from: moment.optional().describe('From the hour of this moment. Default 24 hours before `to`'),
        to: moment.optional().describe('Through the hour of this moment. Default now'),
      }),
      answers: {
        200: {
          description: 'Its figures',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            from: z.iso.datetime(),
            to: z.iso.datetime(),
            total: figures,
            operations: z.record(z.string(), figures),
          }),
        },
      },
      errors: ['unknown_integration', 'invalid_parameters'],
    },
    async ({ params: { id }, query }) => {
      requireIntegration(config, id);
      const to = query.to === undefined ? new Date() : new Date(query.to);
      const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from);
      const span = to.getTime() - from.getTime();
      if (span < 0 || span > PERFORMANCE_DAYS * DAY_MS) {
        const message = `must be up to ${PERFORMANCE_DAYS} days before to`;
        throw new LeadwireError('invalid_parameters', {
          issues: [{ path: 'from', code: 'invalid_parameter', message }],
        });
      }
      const { total, operations } = await performanceOf(models.integrationHours, id, { from, to });
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          ...{ status: 200, type: 'success', from: from.toISOString(), to: to.toISOString(), total: shown(total) },
          operations: Object.fromEntries(Object.entries(operations).map(([name, one]) => [name, shown(one)])),
        },
      };
    },
  );
}

function shown(one: OperationPerformance): z.output<typeof figures> {
  const { successRate, rejectionRate, errorRate, averageMs, p95Ms, ...counts } = one;
  return {
    ...counts,
    ...{ success_rate: successRate, rejection_rate: rejectionRate, error_rate: errorRate },
    ...{ average_ms: averageMs, p95_ms: p95Ms },
  };
}

const logged = z.object({
  at: z.iso.datetime(),
  transaction_id: z.string().optional(),
  ping_id: z.string().optional().describe('Of a ping'),
  operation: z.string(),
  outcome: z.enum(['accepted', 'rejected', 'pending', 'error']).describe('Of a post, how it stands now'),
  reason: z.string().optional(),
  duration_ms: z.number(),
  ...shownExchange,
  sandbox: z.literal(true).optional(),
});

function logs({ config, models }: Deps): Operation {
  return operation(
    {
      ...shared,
      id: 'listIntegrationRequests',
      method: 'get',
      path: '/api/integrations/{id}/logs',
      summary: 'Its single requests and their answers, those of the newest leads first',
      description:
        'Of the mode of the key, from the records of the leads they were made for; of a delivery that is tried over and over the ' +
        'last try. About `limit` of them: those of one lead are never on two pages. With filters, or when it is rarely asked, a ' +
        'page may hold fewer, or none, while there are more: go on as long as there is a `next_cursor`.',
      query: z.object({
        from: moment.optional().describe('Of leads that came not before this moment'),
        to: moment.optional().describe('Of leads that came before this moment'),
        outcome: logged.shape.outcome.optional(),
        transaction_id: z.string().refine(isTransactionId, 'must be a transaction id').optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: z
          .string()
          .regex(/^[0-9a-f-]{36}~?$/, 'must be a next_cursor')
          .optional(),
      }),
      answers: {
        200: {
          description: 'A page of requests',
          schema: pageOf({ requests: z.array(logged) }),
        },
      },
      errors: ['unknown_integration'],
    },
    async ({ params: { id }, query: { from, to, transaction_id: transactionId, cursor, ...query }, key }) => {
      const { integration } = requireIntegration(config, id);
      const { requests, before } = await searchLog(models, integration, {
        ...query,
        ...{ mode: key.mode, transactionId, before: cursor },
        ...timeRange(from, to),
      });
      const more = before === undefined ? {} : { next_cursor: before };
      const body = { status: 200, type: 'success', requests: requests.map(requestShown), ...more };
      return { status: 200, headers: NO_STORE, body };
    },
  );
}

function requestShown(one: LoggedRequest): z.output<typeof logged> {
  const { lead, ping, operation: name, outcome, reason, mode, exchange } = one;
  return {
    at: new Date(exchange.startedAt).toISOString(),
    ...(lead === undefined ? {} : { transaction_id: lead }),
    ...(ping === undefined ? {} : { ping_id: ping }),
    ...{ operation: name, outcome },
    ...(reason === undefined ? {} : { reason }),
    duration_ms: exchange.durationMs,
    ...exchangeShown(exchange),
    ...(mode === 'test' ? { sandbox: true as const } : {}),
  };
}
