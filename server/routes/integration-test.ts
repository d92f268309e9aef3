import { z } from 'zod';
import { authorOf } from '../../config/audit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { toDecimal } from '../../rules/money.ts';
import { integrationId } from '../../schema/ids.ts';
import { OPERATIONS } from '../../schema/integration.ts';
import type { Interpretation } from '../../rules/mapping/operation.ts';
import { operation, type Operation } from '../api/operation.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { tryIntegration, type IntegrationTried, type TryIntegrationDeps } from '../integrations/try-integration.ts';
import { shownExchange } from '../postbacks/shown.ts';

const body = z.strictObject({
  operation: z.enum(OPERATIONS).optional().describe('Default the first that it makes'),
  lead: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Values that replace those of the sample or the transaction, as a seller would send them; null: none'),
  transaction_id: z.string().max(60).optional().describe('A lead of its campaign whose values are sent'),
  bid: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('For a post: `id`, `price` and what the mapping of its ping keeps, such as a test of it brought'),
  target: z.enum(['test', 'production']).default('test').describe('Its testUrl, or its real address'),
  confirm: z.literal('production').optional().describe('Needed to send to its real address'),
  send: z.boolean().default(true).describe('false: the request is made, without credentials, and shown'),
});

const parsed = z.object({
  outcome: z.enum(['accepted', 'rejected', 'pending', 'error']).describe('What Leadwire makes of the answer'),
  says: z.string().optional().describe('What the mapping took it for: accepted, duplicate, unrecognised …'),
  price: z.number().optional(),
  reason: z.string().optional(),
  lead_id: z.string().optional(),
  redirect_url: z.string().optional(),
  captured: z.record(z.string(), z.unknown()).describe('Values that would join the lead'),
  bids: z.array(
    z.object({
      price: z.number(),
      id: z.string().optional(),
      expires_in_ms: z.number().optional(),
      exclusive: z.boolean().optional(),
      private: z.record(z.string(), z.unknown()).describe('Values kept for its post'),
    }),
  ),
});

const tested = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  integration: z.string(),
  operation: z.enum(OPERATIONS),
  target: z.enum(['test', 'production']),
  transaction_id: z.string().describe('The one that was sent; made up unless one was given'),
  sent: z.boolean(),
  ...shownExchange,
  answer_headers: z.record(z.string(), z.string()).optional(),
  duration_ms: z.number().optional(),
  result: parsed.optional().describe('Absent unless it was to be sent'),
  issues: z.array(
    z.object({
      code: z.string().describe('`field_empty`, `price_invalid`, `unrecognised_answer`, `timeout`, `secret_missing` …'),
      field: z.string().optional().describe('The field of the lead that it is about'),
    }),
  ),
});

/** `POST /api/integrations/{id}/test`: one request of an integration, made and sent as a test. */
export function integrationTestOperations(deps: TryIntegrationDeps): Operation[] {
  return [
    operation(
      {
        id: 'testIntegration',
        method: 'post',
        path: '/api/integrations/{id}/test',
        tag: 'Integrations',
        summary: 'Send one of its requests as a test, and see what is made of the answer',
        description:
          'With sample values, or those of a real lead. It goes to the testUrl of the operation; to its real address only with ' +
          '`"target": "production", "confirm": "production"` and a live key, which the audit log says. No cap, figure, report, ' +
          'claim, health or ledger hears of a test, and nothing is tried again.',
        access: ['operator'],
        params: z.object({ id: integrationId }),
        body: { schema: body },
        answers: { 200: { description: 'What was sent, how it was answered, and what that means', schema: tested } },
        errors: [
          ...(['invalid_body', 'unknown_integration', 'unknown_operation', 'no_test_address'] as const),
          ...(['production_not_confirmed', 'unknown_lead', 'invalid_fields'] as const),
        ],
      },
      async ({ params: { id }, body: sent, key }) => {
        const message = 'Send operation, lead, transaction_id, bid, target, confirm and send, or any of them';
        const { confirm, transaction_id: transactionId, lead: fields, ...order } = parsedBody(body, sent, message);
        if (order.send && order.target === 'production') {
          if (key.mode !== 'live')
            throw new LeadwireError('key_not_allowed', { message: 'A test key may not do that' });
          if (confirm !== 'production') throw new LeadwireError('production_not_confirmed');
        }
        const tried = await tryIntegration(deps, {
          ...order,
          integration: id,
          transactionId,
          fields,
          by: authorOf(key),
        });
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: triedShown(id, tried) };
      },
    ),
  ];
}

/** A test as it is answered. */
export function triedShown(id: string, tried: IntegrationTried): z.output<typeof tested> {
  const { operation: name, target, transactionId, sent, request, exchange, result, interpretation, issues } = tried;
  const { status, responseBody, responseHeaders, durationMs } = exchange ?? {};
  return {
    ...{ status: 200, type: 'success', integration: id, operation: name, target, transaction_id: transactionId, sent },
    ...(request
      ? {
          request: {
            method: request.method,
            url: request.url,
            headers: request.requestHeaders,
            body: request.requestBody,
          },
        }
      : {}),
    ...(status === undefined ? {} : { code: status }),
    ...(responseBody === undefined ? {} : { answer: responseBody }),
    ...(responseHeaders === undefined ? {} : { answer_headers: responseHeaders }),
    ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    ...(result === undefined ? {} : { result: { outcome: result, ...resultShown(interpretation) } }),
    issues,
  };
}

function resultShown(said: Interpretation | undefined): Omit<z.output<typeof parsed>, 'outcome'> {
  if (!said) return { captured: {}, bids: [] };
  const { outcome, price, reason, leadId, redirectUrl, capture, bids } = said;
  return {
    says: outcome,
    ...(price === undefined ? {} : { price: toDecimal(price) }),
    ...(reason === undefined ? {} : { reason }),
    ...(leadId === undefined ? {} : { lead_id: leadId }),
    ...(redirectUrl === undefined ? {} : { redirect_url: redirectUrl }),
    captured: capture,
    bids: bids.map(({ price: amount, id, expiresInMs, exclusive, private: kept }) => ({
      price: toDecimal(amount),
      ...(id === undefined ? {} : { id }),
      ...(expiresInMs === undefined ? {} : { expires_in_ms: expiresInMs }),
      ...(exclusive === undefined ? {} : { exclusive }),
      private: kept,
    })),
  };
}
