import { z } from 'zod';
import type { RequestLogModel, RequestRecord } from '../../models/request-log.ts';
import { operation, type Operation } from '../api/operation.ts';
import { moment, pageOf } from '../api/pages.ts';
import { searchRequests, uuidOf } from '../request-log/search.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const logged = z.object({
  request_id: z.string().describe('As in the header x-request-id of the answer'),
  at: z.iso.datetime(),
  method: z.string(),
  route: z.string().optional().describe('Path of the operation; absent when there is none at the address'),
  path: z.string(),
  query: values.optional(),
  status: z.int(),
  code: z.string().optional().describe('Error code of the answer'),
  aborted: z.literal(true).optional().describe('The client was gone before it had the whole answer'),
  missing_fields: z.array(z.string()).optional(),
  invalid_fields: z.array(z.string()).optional(),
  bytes_in: z.int(),
  bytes_out: z.int(),
  duration_ms: z.number(),
  key: z.string().optional().describe('Public start of the key'),
  source: z.string().optional(),
  campaign: z.string().optional(),
  transaction_id: z.string().optional(),
  network: z.string().optional().describe('The network the request came from'),
  user_agent: z.string().optional(),
  body: values.optional().describe('What was sent, personal data masked'),
});

/** `GET /api/requests`: what a seller or buyer sent, and how it was answered. */
export function requestOperations(records: RequestLogModel): Operation[] {
  return [
    operation(
      {
        id: 'listRequests',
        method: 'get',
        path: '/api/requests',
        tag: 'Requests',
        summary: 'Your own requests of the last days, refused ones too, the newest first',
        description:
          'Of the mode of the key, and with a key of one source only those of that source. Requests show about a second ' +
          'after they were answered. With filters a page may hold fewer than `limit` while there are more: go on as long ' +
          'as there is a `next_cursor`.',
        access: ['seller', 'buyer'],
        query: z.object({
          from: moment.optional().describe('Not before this moment'),
          to: moment.optional().describe('Before this moment'),
          status: z
            .string()
            .regex(/^(?:[1-5]\d\d|[1-5]xx)$/, 'must look like 404 or 4xx')
            .optional(),
          code: z
            .string()
            .regex(/^[a-z_]{1,60}$/, 'must be an error code')
            .optional(),
          transaction_id: z.string().max(60).optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
          cursor: z.string().regex(UUID, 'must be a next_cursor').optional(),
        }),
        answers: {
          200: {
            description: 'A page of requests',
            schema: pageOf({ requests: z.array(logged) }),
          },
        },
        errors: [],
      },
      async ({ key, query }) => {
        // Only sellers' and buyers' keys come this far.
        const owner = key.kind === 'buyer' ? key.buyer : key.seller;
        const page = await searchRequests(records, {
          owner,
          mode: key.mode,
          source: key.kind === 'buyer' ? undefined : key.source,
          from: query.from === undefined ? undefined : new Date(query.from),
          to: query.to === undefined ? undefined : new Date(query.to),
          status: query.status === undefined ? undefined : parseInt(query.status, 10),
          code: query.code,
          transactionId: query.transaction_id,
          limit: query.limit,
          before: query.cursor,
        });
        const requests = page.records.map(shown);
        const more = page.before ? { next_cursor: page.before } : {};
        return { status: 200, body: { status: 200, type: 'success', requests, ...more } };
      },
    ),
  ];
}

function shown(record: RequestRecord) {
  return {
    request_id: `req_${uuidOf(record)}`,
    at: record.at.toISOString(),
    method: record.method,
    route: record.route,
    path: record.path,
    query: record.query,
    status: record.status,
    code: record.code,
    aborted: record.aborted,
    missing_fields: record.missingFields,
    invalid_fields: record.invalidFields,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    duration_ms: record.durationMs,
    key: record.key,
    source: record.source,
    campaign: record.campaign,
    transaction_id: record.transactionId,
    network: record.network,
    user_agent: record.userAgent,
    body: record.body,
  };
}
