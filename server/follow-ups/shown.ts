import { z } from 'zod';
import type { Exchange } from '../../http/outbound.ts';
import { FOLLOW_UP_STATES, type FollowUpRecord } from '../../models/follow-up.ts';
import { NOTICES } from '../../schema/integration.ts';
import { exchangeShown, shownExchange } from '../postbacks/shown.ts';

/** What a follow-up is asked for by. */
export const FOLLOW_UP_OPERATIONS = ['deliver', ...NOTICES] as const;

/** A follow-up as operators see it. */
export const shownFollowUp = z.object({
  id: z.string().describe('The same on every attempt, as `Idempotency-Key`'),
  at: z.iso.datetime().describe('When it was made'),
  operation: z.enum(FOLLOW_UP_OPERATIONS),
  transaction_id: z.string(),
  integration: z.string(),
  campaign: z.string(),
  source: z.string(),
  event: z.string().optional().describe('Id of the event it follows'),
  state: z.enum(FOLLOW_UP_STATES),
  reason: z.string().optional().describe('Why it has not been taken, or how it was'),
  attempts: z.int(),
  next_attempt_at: z.iso.datetime().optional(),
  changed_at: z.iso.datetime(),
  ...shownExchange,
  sandbox: z.literal(true).optional(),
});

export function followUpShown(record: FollowUpRecord): z.output<typeof shownFollowUp> {
  const { _id: id, operation = 'deliver', lead, integration, campaign, source, state, attempts } = record;
  const { event, reason, status, nextAt, lastExchange, mode } = record;
  const { request, answer } = exchangeShown(
    lastExchange === undefined ? undefined : (JSON.parse(lastExchange) as Exchange),
  );
  return {
    ...{ id, at: record.createdAt.toISOString(), operation, transaction_id: lead, integration, campaign, source },
    ...(event === undefined ? {} : { event }),
    ...{ state, attempts },
    ...(reason === undefined ? {} : { reason }),
    ...(nextAt ? { next_attempt_at: nextAt.toISOString() } : {}),
    changed_at: record.changedAt.toISOString(),
    ...(request ? { request } : {}),
    ...(status === undefined ? {} : { code: status }),
    ...(answer === undefined ? {} : { answer }),
    ...(mode === 'test' ? { sandbox: true as const } : {}),
  };
}
