import { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { OUTCOMES } from '../../rules/outcome.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { campaignId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { acceptLead, type IngressDeps } from '../ingress/accept-lead.ts';
import { leadAnswer } from '../ingress/answer.ts';
import { readIdempotencyKey } from '../ingress/idempotency.ts';

const answered = z.looseObject({
  status: z.int(),
  type: z.literal('success'),
  transaction_id: z.string(),
  outcome: z.enum([...OUTCOMES, 'processing']),
  reason: z.string().optional(),
  price: z.number().optional().describe('What the lead was sold for, in the currency of the campaign'),
  redirect_url: z.string().optional().describe('Where the consumer may be sent'),
  status_url: z.string().optional().describe('Where to ask again'),
  sandbox: z.literal(true).optional(),
});

/** `POST /api/lead/{cid}` takes a lead in; `GET /api/lead/{transaction_id}` tells what became of it. */
export function leadOperations(ingress: IngressDeps): Operation[] {
  return [
    operation(
      {
        id: 'postLead',
        method: 'post',
        path: '/api/lead/{cid}',
        tag: 'Leads',
        summary: 'Post a lead: every eligible buyer is pinged, the best gets it',
        access: ['seller'],
        sheds: true,
        params: z.object({ cid: campaignId }),
        headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
        body: { schema: z.record(z.string(), z.unknown()) },
        answers: {
          200: { description: 'The lead has its final outcome', schema: answered },
          202: { description: 'The lead is stored; its outcome may still change', schema: answered },
        },
        errors: [
          'unknown_campaign',
          'campaign_paused',
          'campaign_not_allowed',
          'source_inactive',
          'invalid_fields',
          'invalid_idempotency_key',
          'idempotency_key_reused',
          'idempotency_in_flight',
        ],
      },
      async ({ params: { cid }, key, raw, body, header }) => {
        const idempotencyKey = readIdempotencyKey(header('idempotency-key'));
        return acceptLead(ingress, { cid, key, raw, body, idempotencyKey });
      },
    ),
    operation(
      {
        id: 'getLead',
        method: 'get',
        path: '/api/lead/{id}',
        tag: 'Leads',
        summary: 'What became of a lead',
        access: ['seller'],
        params: z.object({ id: z.string().describe('Transaction id') }),
        answers: {
          200: {
            description: 'The lead as it stands',
            schema: answered.extend({
              final: z.boolean().describe('False while the outcome may still change'),
              campaign: z.string(),
              source: z.string(),
              received_at: z.iso.datetime(),
              concluded_at: z.iso.datetime().optional(),
              duplicate: z.literal(true).optional(),
            }),
          },
        },
        errors: ['unknown_lead'],
      },
      async ({ params: { id }, key: { source, mode } }) => {
        const lead = isTransactionId(id) ? await ingress.models.leads.findById(id).lean() : null;
        // Another source's lead does not exist for this key.
        if (!lead || lead.source !== source || lead.mode !== mode) throw new LeadwireError('unknown_lead');
        const { status, body } = leadAnswer(lead, ingress.publicUrl);
        return {
          // The question was answered, whatever is still open about the lead.
          status: 200,
          body: {
            ...body,
            status: 200,
            final: status === 200,
            campaign: lead.campaign,
            source: lead.source,
            received_at: lead.receivedAt.toISOString(),
            ...(lead.concludedAt ? { concluded_at: lead.concludedAt.toISOString() } : {}),
            ...(lead.duplicateOf ? { duplicate: true } : {}),
          },
        };
      },
    ),
  ];
}
