import { z } from 'zod';
import { mayRead } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { OUTCOMES } from '../../rules/outcome.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { campaignId } from '../../schema/ids.ts';
import { idempotencyHeaders, leadBody, pid, SUBMISSION_ERRORS } from '../api/lead-body.ts';
import { operation, type Operation } from '../api/operation.ts';
import { acceptLead, type IngressDeps } from '../ingress/accept-lead.ts';
import { browserAnswer, leadAnswer } from '../ingress/answer.ts';
import { readIdempotencyKey } from '../ingress/idempotency.ts';

const posted = z.object({
  pid,
  transaction_id: z
    .string()
    .optional()
    .describe('Of a visit that /click recorded: the lead takes over what it tracked'),
});

/** A bid as its seller sees it. */
export const offered = z.looseObject({
  bid_id: z.string().describe('Says nothing about the buyer'),
  price: z.number().describe('What the seller gets'),
  expires_at: z.iso.datetime(),
  expires_in: z.int().describe('Seconds'),
});

/** What a seller is told about a lead. */
export const answered = z.looseObject({
  status: z.int(),
  type: z.literal('success'),
  transaction_id: z.string(),
  outcome: z.enum([...OUTCOMES, 'processing']),
  reason: z.string().optional(),
  ping_id: z.string().optional().describe('The ping that the lead was posted with'),
  price: z.number().optional().describe('What the seller gets for it, in the currency of the campaign'),
  sales: z
    .array(z.looseObject({ price: z.number(), bid_id: z.string().optional(), redirect_url: z.string().optional() }))
    .optional()
    .describe('Each sale, when there are several'),
  returned: z.literal(true).optional().describe('A buyer gave it back: that sale pays nothing any more'),
  bids: z.array(offered).optional().describe('With the reason `awaiting_seller`: the bids to choose from'),
  redirect_url: z.string().optional().describe('Where the consumer may be sent'),
  status_url: z.string().optional().describe('Where to ask again'),
  sandbox: z.literal(true).optional(),
});

/** What a page in a browser is told. */
const toPage = z.strictObject({
  status: z.int(),
  type: z.literal('success'),
  transaction_id: z.string(),
  outcome: z.enum(['accepted', 'received']).describe('accepted: somebody took the lead'),
  redirect_url: z.string().optional(),
  sandbox: z.literal(true).optional(),
});
const answeredToAny = z.union([answered, toPage]);

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
        access: ['seller', 'browser'],
        pages: true,
        sheds: true,
        params: z.object({ cid: campaignId }),
        headers: idempotencyHeaders,
        body: leadBody(posted),
        answers: {
          200: { description: 'The lead has its final outcome', schema: answeredToAny },
          202: { description: 'The lead is stored; its outcome may still change', schema: answeredToAny },
        },
        errors: [...SUBMISSION_ERRORS, 'unknown_click', 'click_already_used'],
      },
      async ({ params: { cid }, key, raw, body, header }) => {
        const idempotencyKey = readIdempotencyKey(header('idempotency-key'));
        const answer = await acceptLead(ingress, { cid, key, raw, body, idempotencyKey });
        return key.kind === 'browser' ? browserAnswer(answer) : answer;
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
      async ({ params: { id }, key }) => {
        const lead = isTransactionId(id) ? await ingress.models.leads.findById(id).lean() : null;
        // Another source's lead does not exist for this key.
        if (!lead || !mayRead(key, lead)) throw new LeadwireError('unknown_lead');
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
