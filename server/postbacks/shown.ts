import { z } from 'zod';
import type { Exchange } from '../../http/outbound.ts';
import { POSTBACK_RECORD_STATES, type PostbackRecord } from '../../models/postback.ts';
import type { Tried } from './try-endpoint.ts';

/** One request and its answer, trimmed, without secrets. */
export const shownExchange = {
  request: z
    .object({ method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()), body: z.string() })
    .optional()
    .describe('As it was sent last, trimmed; secrets are masked'),
  code: z.int().optional().describe('HTTP status of the answer'),
  answer: z.string().optional().describe('The answer as it came, cut where it is long'),
};

type Shown = z.output<z.ZodObject<typeof shownExchange>>;

/** A postback as its log shows it. */
export const shownPostback = z.object({
  id: z.string(),
  at: z.iso.datetime().describe('When it was made'),
  type: z.string().describe('`event.sale_completed`, `lead.sold`'),
  webhook_id: z.string().describe('The same on every attempt'),
  transaction_id: z.string(),
  campaign: z.string(),
  source: z.string(),
  endpoint: z.string(),
  state: z.enum(POSTBACK_RECORD_STATES),
  reason: z.string().optional().describe('Why it has not been taken'),
  attempts: z.int(),
  next_attempt_at: z.iso.datetime().optional(),
  changed_at: z.iso.datetime(),
  payload: z.record(z.string(), z.unknown()).describe('What it tells, whole'),
  ...shownExchange,
  sandbox: z.literal(true).optional(),
});

export function postbackShown(record: PostbackRecord): z.output<typeof shownPostback> {
  const { _id: id, event, type, lead, campaign, source, endpoint, state, reason, status, attempts, mode } = record;
  const last = record.exchanges.at(-1);
  const { request, answer } = exchangeShown(last === undefined ? undefined : (JSON.parse(last) as Exchange));
  return {
    ...{ id, at: record.createdAt.toISOString(), type, webhook_id: event, transaction_id: lead, campaign, source },
    ...{ endpoint, state, attempts },
    ...(reason === undefined ? {} : { reason }),
    ...(record.nextAt ? { next_attempt_at: record.nextAt.toISOString() } : {}),
    changed_at: record.changedAt.toISOString(),
    payload: JSON.parse(record.payload) as Record<string, unknown>,
    ...(request ? { request } : {}),
    ...(status === undefined ? {} : { code: status }),
    ...(answer === undefined ? {} : { answer }),
    ...(mode === 'test' ? { sandbox: true } : {}),
  };
}

/** A test as it is answered. */
export const shownTest = z.object({
  endpoint: z.string(),
  told: z.string().describe('What it was told: `event.sale_completed`, `lead.sold`'),
  taken: z.boolean().describe('Whether a postback answered like this would count as delivered'),
  reason: z.string().optional().describe('Why not'),
  ...shownExchange,
  duration_ms: z.number().optional(),
});

export function testShown(endpoint: string, { type, taken, reason, exchange }: Tried): z.output<typeof shownTest> {
  return {
    endpoint,
    told: type,
    taken,
    ...(reason === undefined ? {} : { reason }),
    ...exchangeShown(exchange),
    ...(exchange ? { duration_ms: exchange.durationMs } : {}),
  };
}

export function exchangeShown(exchange: Exchange | undefined): Shown {
  if (!exchange) return {};
  const { method, url, requestHeaders: headers, requestBody: body, status, responseBody } = exchange;
  return {
    request: { method, url, headers, body },
    ...(status === undefined ? {} : { code: status }),
    ...(responseBody === undefined ? {} : { answer: responseBody }),
  };
}
