import { z } from 'zod';
import { mayRead, type OperatorKey, type SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { readCursor } from '../../models/position.ts';
import { requirePostback, searchPostbacks, type PostbackFilter } from '../../models/postback-search.ts';
import { POSTBACK_RECORD_STATES } from '../../models/postback.ts';
import { replayPostbacks } from '../../models/replay.ts';
import { campaignId } from '../../schema/ids.ts';
import { reachOf } from '../access/reach.ts';
import { operation, type Operation } from '../api/operation.ts';
import { cursor, moment, nextPage, pageOf, timeRange } from '../api/pages.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { MOST_REPLAYED, replayAnswers, replayBody, replayed, replayFrom, REPLAYING } from '../api/replay.ts';
import { postbackShown, shownPostback, shownTest, testShown } from '../postbacks/shown.ts';
import { tryEndpoint, type TryDeps } from '../postbacks/try-endpoint.ts';

export type PostbackLogDeps = TryDeps;

const NO_STORE = { 'cache-control': 'no-store' };
const endpointId = z
  .string()
  .max(250)
  .describe('`src_demo/crm`: the source and the name of its endpoint; operators: `event/sale/crm` as well');
const shared = { tag: 'Events', access: ['seller', 'operator'] } as const;
const which = {
  endpoint: endpointId.optional(),
  event: z.string().max(60).optional().describe('Id of an event, or what became of a lead: `sold`'),
  from: moment.optional().describe('Not made before this moment'),
  to: moment.optional().describe('Made before this moment'),
};

/** What became of telling sources' endpoints, telling them again, and a test: `/api/postbacks`. */
export function postbackLogOperations(deps: PostbackLogDeps): Operation[] {
  return [list(deps), replay(deps), test(deps)];
}

function list({ models, config }: PostbackLogDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'listPostbacks',
      method: 'get',
      path: '/api/postbacks',
      summary: 'What the endpoints of your sources were told, the newest first',
      description:
        'Of the mode of the key, and with a key of one source only those of that source. Operators see every endpoint.',
      query: z.object({
        state: z.enum(POSTBACK_RECORD_STATES).optional(),
        ...which,
        campaign: campaignId.optional(),
        transaction_id: z.string().max(60).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: cursor.optional(),
      }),
      answers: {
        200: {
          description: 'A page of postbacks',
          schema: pageOf({ postbacks: z.array(shownPostback) }),
        },
      },
      errors: ['no_configuration'],
    },
    async ({ key, query: { transaction_id: lead, from, to, limit, cursor: at, ...filter } }) => {
      const after = at === undefined ? undefined : readCursor(at);
      const search = { ...filter, ...timeRange(from, to), ...scopeOf(config, key), lead };
      const { records, next } = await searchPostbacks(models, { ...search, order: 'newest', limit, after });
      const postbacks = records.map(postbackShown);
      return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', postbacks, ...nextPage(next) } };
    },
  );
}

const wantedReplay = replayBody('postback', which);

function replay({ models, config }: PostbackLogDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'replayPostbacks',
      method: 'post',
      path: '/api/postbacks/replay',
      summary: 'Try failed postbacks anew: one, those of a time or endpoint, or all',
      description: `${REPLAYING} What is open or delivered is left alone.`,
      body: { schema: wantedReplay },
      answers: replayAnswers,
      errors: ['invalid_body', 'postback_not_found', 'no_configuration'],
    },
    async ({ key, body }) => {
      const wanted = parsedBody(
        wantedReplay,
        body,
        'Send an id; or endpoint, event, from or to; or "all_failed": true',
      );
      const scope = scopeOf(config, key);
      const filter = filterOf(wanted);
      if (filter.id !== undefined) await requirePostback(models, { ...scope, id: filter.id });
      const page = { limit: MOST_REPLAYED, after: replayFrom(wanted) };
      const found = await replayPostbacks(models, { ...filter, ...scope }, page);
      return { status: 200, headers: NO_STORE, body: replayed(found) };
    },
  );
}

function filterOf(wanted: z.output<typeof wantedReplay>): PostbackFilter {
  if ('id' in wanted) return { id: wanted.id };
  if ('all_failed' in wanted) return {};
  const { endpoint, event, from, to } = wanted;
  return { endpoint, event, ...timeRange(from, to) };
}

const testBody = z.strictObject({
  endpoint: endpointId,
  event: z.string().max(60).optional().describe('One it is told of, or a status: `sold`. Default the first'),
  transaction_id: z.string().max(60).optional().describe('A lead of yours whose values are sent. Default made-up ones'),
  send_to: z.enum(['test', 'live']).optional().describe('Its testUrl (default), or its real address'),
});

function test(deps: PostbackLogDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'testPostback',
      method: 'post',
      path: '/api/postbacks/test',
      summary: 'Send an endpoint of yours a postback as a test',
      description:
        'Once, at once, and counted nowhere. Its payload says `"test": true` and its `webhook-id` begins with `test_`.',
      body: { schema: testBody },
      answers: {
        200: {
          description: 'What was sent, and how the endpoint answered',
          schema: shownTest.extend({ status: z.literal(200), type: z.literal('success') }),
        },
      },
      errors: [
        'invalid_body',
        'unknown_endpoint',
        'endpoint_not_told',
        'no_test_address',
        'unknown_lead',
        'no_configuration',
      ],
    },
    async ({ key, body }) => {
      const wanted = parsedBody(testBody, body, 'Send an endpoint; event, transaction_id and send_to are optional');
      const { endpoint, event, transaction_id: transactionId, send_to: to = 'test' } = wanted;
      const { sources } = scopeOf(deps.config, key);
      const owner = endpoint.slice(0, Math.max(0, endpoint.lastIndexOf('/')));
      if (sources && !sources.includes(owner)) throw new LeadwireError('unknown_endpoint');
      const mayUse = (record: Parameters<typeof mayRead>[1]) => key.kind === 'operator' || mayRead(key, record);
      const tried = await tryEndpoint(deps, { endpoint, event, transactionId, live: to === 'live', mayUse });
      const answer = { status: 200, type: 'success', ...testShown(endpoint, tried) };
      return { status: 200, headers: NO_STORE, body: answer };
    },
  );
}

/** Endpoints of the sources that the key is good for; what the deployment tells others is not the seller's. */
function scopeOf(
  config: PostbackLogDeps['config'],
  key: SellerKey | OperatorKey,
): Pick<PostbackFilter, 'sources' | 'mode'> {
  const configuration = config.current();
  if (key.kind === 'operator') return { mode: key.mode };
  const { sources = [] } = reachOf(configuration, key);
  return { sources: sources.map(({ id }) => id), mode: key.mode };
}
