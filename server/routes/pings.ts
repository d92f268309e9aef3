import { z } from 'zod';
import { mayRead } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { transactionOf } from '../../rules/ping-id.ts';
import { campaignId } from '../../schema/ids.ts';
import { idempotencyHeaders, leadBody, pid, SUBMISSION_ERRORS } from '../api/lead-body.ts';
import { operation, type Operation } from '../api/operation.ts';
import type { IngressDeps } from '../ingress/accept-lead.ts';
import { acceptPing, findPing } from '../ingress/accept-ping.ts';
import { readIdempotencyKey } from '../ingress/idempotency.ts';
import { pingAnswer } from '../ingress/ping-answer.ts';
import { offered } from './leads.ts';

const quoted = z.looseObject({
  status: z.int(),
  type: z.literal('success'),
  ping_id: z.string(),
  transaction_id: z.string().describe('Of the lead that the ping becomes when it is posted'),
  outcome: z.enum(['bid', 'no_bid', 'processing']),
  reason: z.enum(['no_bid', 'no_eligible_buyer', 'compliance', 'duplicate']).optional().describe('Why there is no bid'),
  price: z.number().optional().describe('What the seller gets from the best bid'),
  expires_at: z.iso.datetime().optional().describe('Until when the best bid stands'),
  expires_in: z.int().optional().describe('The same in seconds'),
  bids: z.array(offered).optional().describe('All bids, best first, where the campaign shows them'),
  status_url: z.string().optional().describe('Where to ask again'),
  sandbox: z.literal(true).optional(),
});

/** `POST /api/ping/{cid}` asks what a lead would bring; `GET /api/ping/{ping_id}` repeats the answer. */
export function pingOperations(ingress: IngressDeps): Operation[] {
  return [
    operation(
      {
        id: 'postPing',
        method: 'post',
        path: '/api/ping/{cid}',
        tag: 'Pings',
        summary: 'Ask what a lead would bring, before posting it',
        description:
          'Takes the fields that are required at a ping. Buyers see those that their ping asks for, nothing else.',
        access: ['seller'],
        sheds: true,
        params: z.object({ cid: campaignId }),
        headers: idempotencyHeaders,
        body: leadBody(z.object({ pid }), { zip: '10001', sub1: 'newsletter' }),
        answers: {
          200: { description: 'The best bid, all bids, or that nobody bids', schema: quoted },
          202: { description: 'The buyers have not been heard yet', schema: quoted },
        },
        errors: [...SUBMISSION_ERRORS],
      },
      async ({ params: { cid }, key, raw, body, header }) => {
        const idempotencyKey = readIdempotencyKey(header('idempotency-key'));
        return acceptPing(ingress, { cid, key, raw, body, idempotencyKey });
      },
    ),
    operation(
      {
        id: 'getPing',
        method: 'get',
        path: '/api/ping/{id}',
        tag: 'Pings',
        summary: 'What a ping was answered',
        access: ['seller'],
        params: z.object({ id: z.string().describe('Ping id') }),
        answers: {
          200: { description: 'Its answer, or `processing` while there is none', schema: quoted },
        },
        errors: ['unknown_ping'],
      },
      async ({ params: { id }, key }) => {
        const transactionId = transactionOf(id);
        const found = transactionId === undefined ? null : await findPing(ingress, transactionId);
        // Another seller's ping does not exist for this key.
        if (!found || !mayRead(key, found.ping)) throw new LeadwireError('unknown_ping');
        const { ping, auction } = found;
        const campaign = (await ingress.config.at(ping.revision)).campaigns.get(ping.campaign);
        const { body } = pingAnswer(ping, auction, campaign?.settings.pingAnswer ?? 'best', ingress.publicUrl);
        return { status: 200, body: { ...body, status: 200 } };
      },
    ),
  ];
}
