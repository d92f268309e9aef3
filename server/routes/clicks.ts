import { z } from 'zod';
import type { ApiKeys } from '../../config/api-keys.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import { campaignId, sourceId } from '../../schema/ids.ts';
import { operation, type ApiAnswer, type Operation } from '../api/operation.ts';
import type { IngressDeps } from '../ingress/accept-lead.ts';
import { CLICK_FIELDS, landingPageOf, linkOf, recordClick, trackingOf } from '../tracking/clicks.ts';
import { pageKey } from '../tracking/page-key.ts';
import { isPrefetch } from '../tracking/visitor.ts';

export interface TrackingDeps extends Pick<IngressDeps, 'models' | 'config'> {
  keys: Pick<ApiKeys, 'lookup'>;
}

/** A tracking field of a link; of one that is there twice the first counts, and one that cannot be read is left out. */
const linkField = z.union([z.string(), z.array(z.string())]).optional();
const fields = Object.fromEntries(
  TRACKING_FIELDS.fields
    .filter(({ name }) => CLICK_FIELDS.includes(name))
    .map(({ name }) => [name, linkField.describe(`Tracking field ${name}`)]),
);

const query = z.object({
  pid: z
    .union([sourceId, z.literal(['', 'organic'])])
    .optional()
    .describe('Source whose visit it is'),
  format: z.enum(['json', 'redirect']).optional().describe('Default by what the visitor accepts'),
  sandbox: z.enum(['0', '1', 'true', 'false']).optional().describe('1: a visit that a test key posts the lead of'),
  key: z.string().max(200).optional().describe('Publishable key of the page that asks'),
  referrer: z.string().max(4000).optional().describe('Where the visitor came from, as the page knows it'),
  ...fields,
});

/** `GET /click/{cid}` records a visit and hands out the transaction id that its lead will have. */
export function clickOperations({ models, config, keys }: TrackingDeps): Operation[] {
  return [
    operation(
      {
        id: 'click',
        method: 'get',
        path: '/click/{cid}',
        tag: 'Tracking',
        summary: 'Record a visit and get its transaction id',
        description:
          'Sends the visitor on to the landing page of the source or campaign, with the transaction id and the ' +
          'tracking fields added, or answers in JSON. A lead posted with that transaction_id takes over the fields.',
        access: [],
        pages: true,
        params: z.object({ cid: campaignId }),
        query,
        answers: {
          200: {
            description: 'The transaction id, for a caller that wants JSON or a campaign without a landing page',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              transaction_id: z.string(),
              landing_url: z.url().optional(),
              sandbox: z.literal(true).optional(),
            }),
          },
          302: { description: 'On to the landing page' },
        },
        errors: [
          'unknown_campaign',
          'campaign_paused',
          'campaign_not_allowed',
          'source_required',
          'source_not_allowed',
          'source_inactive',
          'unknown_key',
          'origin_not_allowed',
          'key_not_allowed',
          'address_not_allowed',
        ],
      },
      async ({ params: { cid }, query: asked, context }) => {
        const key = asked.key === undefined ? undefined : await pageKey(keys, asked.key, context);
        const link = linkOf(config.current(), cid, asked.pid, key);
        const sandbox = asked.sandbox === '1' || asked.sandbox === 'true';
        const mode = key?.mode ?? (sandbox ? 'test' : 'live');
        const tracking = trackingOf(asked);
        const { headers } = context;
        const wantsJson = asked.format === 'json' || (!asked.format && context.accepts('html', 'json') === 'json');
        // A look ahead is no visit: the visitor's own request gets the id.
        const isVisit = context.method === 'GET' && (wantsJson || !isPrefetch(headers));
        const click = isVisit
          ? await recordClick(models, { ...link, mode, tracking, headers, referrer: asked.referrer })
          : undefined;
        return answerOf(landingPageOf(link, click?._id, tracking), click?._id, mode === 'test', wantsJson);
      },
    ),
  ];
}

function answerOf(page: string | undefined, id: string | undefined, sandbox: boolean, wantsJson: boolean): ApiAnswer {
  const headers = { 'cache-control': 'no-store', vary: 'Accept, Origin' };
  if (page !== undefined && !wantsJson) return { status: 302, headers: { ...headers, location: page } };
  return {
    status: 200,
    headers,
    body: {
      status: 200,
      type: 'success',
      ...(id === undefined ? {} : { transaction_id: id }),
      ...(page === undefined ? {} : { landing_url: page }),
      ...(sandbox ? { sandbox: true } : {}),
    },
  };
}
