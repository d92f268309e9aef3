import { z } from 'zod';
import { campaignId } from '../../schema/ids.ts';
import { EXAMPLE_LEAD, idempotencyHeaders, leadBody } from '../api/lead-body.ts';
import { operation, type Operation } from '../api/operation.ts';
import type { IngressDeps } from '../ingress/accept-lead.ts';
import { acceptPost } from '../ingress/accept-post.ts';
import { readIdempotencyKey } from '../ingress/idempotency.ts';
import { answered } from './leads.ts';

const posted = z.looseObject({
  ping_id: z.string().describe('From the answer to the ping'),
  bid_ids: z
    .union([z.array(z.string()), z.string()])
    .optional()
    .describe('The bids to take, in a form with commas between them. Default the best'),
});

/** `POST /api/post/{cid}` posts a ping: the rest of the lead goes to whoever bid. */
export function postOperations(ingress: IngressDeps): Operation[] {
  return [
    operation(
      {
        id: 'postPost',
        method: 'post',
        path: '/api/post/{cid}',
        tag: 'Pings',
        summary: 'Post a lead that was pinged',
        description:
          'Takes the rest of the lead; fields of the ping need not come again. After 202 with the reason ' +
          '`awaiting_seller` another post with `bid_ids` picks among the bids that are left.',
        access: ['seller'],
        sheds: true,
        params: z.object({ cid: campaignId }),
        headers: idempotencyHeaders,
        body: leadBody(posted, { ping_id: 'png_01a1fd20-4735-7044-9bf8-d49bdcf5bbe5', ...EXAMPLE_LEAD }),
        answers: {
          200: { description: 'The lead has its final outcome', schema: answered },
          202: { description: 'The lead is stored; its outcome may still change', schema: answered },
        },
        errors: [
          'unknown_campaign',
          'campaign_paused',
          'campaign_not_allowed',
          'source_inactive',
          'source_not_allowed',
          'unknown_ping',
          'invalid_fields',
          'ping_contradicted',
          'ping_unanswered',
          'ping_without_bid',
          'ping_expired',
          'ping_already_posted',
          'bid_not_offered',
          'invalid_idempotency_key',
          'idempotency_key_reused',
          'idempotency_in_flight',
        ],
      },
      async ({ params: { cid }, key, raw, body, header }) => {
        const idempotencyKey = readIdempotencyKey(header('idempotency-key'));
        return acceptPost(ingress, { cid, key, raw, body, idempotencyKey });
      },
    ),
  ];
}
