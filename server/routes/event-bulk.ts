import type { Context } from 'koa';
import { z } from 'zod';
import type { SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { bulkChunkId, type BulkChunkRecord, type BulkJobRecord, type BulkResult } from '../../models/bulk-job.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { checkSignature } from '../access/signature.ts';
import { csvFile } from '../api/csv-file.ts';
import { operation, type Operation } from '../api/operation.ts';
import { readRows, type BulkForm } from '../events/bulk-reader.ts';
import { storeUpload } from '../events/bulk-upload.ts';
import type { AccessState } from '../middleware/access.ts';

export interface EventBulkDeps {
  models: Pick<LeadModels, 'bulkJobs' | 'bulkChunks'>;
}

const NO_STORE = { 'cache-control': 'no-store' };

const progress = z.object({
  status: z.union([z.literal(200), z.literal(202)]),
  type: z.literal('success'),
  id: z.string(),
  state: z.enum(['open', 'done']),
  rows: z.int(),
  processed: z.int().describe('Rows that have a result'),
  accepted: z.int(),
  refused: z.int(),
  at: z.iso.datetime(),
  done_at: z.iso.datetime().optional(),
  sandbox: z.literal(true).optional(),
});

const result = z.object({
  row: z.int().describe('From 1, the header row of a CSV aside'),
  result: z.enum(['accepted', 'refused']),
  event_id: z.string().optional(),
  transaction_id: z.string().optional(),
  conversion_id: z.string().optional(),
  code: z.string().optional().describe('Why it was refused, as for a single event'),
  message: z.string().optional(),
});
const COLUMNS = Object.keys(result.shape);

const params = z.object({ id: z.string().describe('Id of the upload') });

/** Uploads of events: `POST /api/events/bulk`, their progress and what came of each row. */
export function eventBulkOperations({ models }: EventBulkDeps): Operation[] {
  const shared = { tag: 'Events', access: ['seller'] as const };
  return [
    operation(
      {
        ...shared,
        id: 'uploadEvents',
        method: 'post',
        path: '/api/events/bulk',
        summary: 'Upload many events, such as offline conversions',
        description:
          'CSV with a header row, JSON lines or a JSON array, of at most 100,000 rows. Each row is an event as ' +
          '`/api/event/trigger` takes it. All of it has to be readable; then the rows are taken in one by one.',
        headers: z.object({
          'idempotency-key': z.string().max(255).optional().describe('The same upload sent again is taken in once'),
        }),
        body: {
          schema: { description: 'Rows with `cid`, `event_id`, `transaction_id` and whatever comes with the event' },
          raw: true,
          streamed: true,
        },
        answers: { 202: { description: 'The upload has arrived', schema: progress } },
        errors: ['bulk_unreadable', 'bulk_too_large'],
      },
      async ({ key, context, header }) => {
        const form = formOf(context);
        const check = checkSignature(context, (context.state as AccessState).grant);
        try {
          const job = await storeUpload(models, {
            // What is refused half way is answered all the same: the connection stays for that.
            rows: readRows(context.req.iterator({ destroyOnReturn: false }), form, (piece) => check.update(piece)),
            ...{ form, key, idempotencyKey: header('idempotency-key'), verify: () => check.verify() },
          });
          return { status: 202, headers: NO_STORE, body: { ...shown(job), status: 202 } };
        } catch (error) {
          // What is left of the body is not read: the connection ends with the answer.
          if (!context.req.complete) context.set('connection', 'close');
          throw error;
        }
      },
    ),
    operation(
      {
        ...shared,
        id: 'getEventUpload',
        method: 'get',
        path: '/api/events/bulk/{id}',
        summary: 'How far an upload of events is',
        params,
        answers: { 200: { description: 'Its progress', schema: progress } },
        errors: ['unknown_bulk'],
      },
      async ({ params: { id }, key }) => {
        return { status: 200, headers: NO_STORE, body: shown(await jobOf(models, id, key)) };
      },
    ),
    operation(
      {
        ...shared,
        id: 'getEventUploadResults',
        method: 'get',
        path: '/api/events/bulk/{id}/results',
        summary: 'What came of each row of an upload of events',
        description: 'Rows that have a result, in their order. As CSV all of them, as JSON in pages.',
        params,
        query: z.object({
          format: z.enum(['json', 'csv']).optional().describe('Default json'),
          page: z.coerce.number().int().min(0).max(999_999).default(0).describe('JSON only'),
        }),
        answers: {
          200: {
            description: 'Results of rows',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              results: z.array(result),
              next_page: z.int().optional().describe('Absent on the last page so far'),
            }),
            also: { 'text/csv': z.string().describe('A header row, then one row for each result') },
          },
        },
        errors: ['unknown_bulk'],
      },
      async ({ params: { id }, query: { format, page }, key }) => {
        const job = await jobOf(models, id, key);
        if (format === 'csv') {
          return csvFile(job._id, COLUMNS, allResults(models, job));
        }
        const results = page < job.position ? await resultsOf(models, job, page) : [];
        const more = page + 1 < job.position ? { next_page: page + 1 } : {};
        return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', results, ...more } };
      },
    ),
  ];
}

/** @throws LeadwireError `unsupported_content_type` */
function formOf(context: Context): BulkForm {
  const encoding = context.get('content-encoding');
  const type = context.is('text/csv', 'application/x-ndjson', 'application/jsonl', 'application/json');
  if (type === 'text/csv' && isPlain(encoding)) return 'csv';
  if (type && isPlain(encoding)) return 'json';
  context.set('connection', 'close');
  throw new LeadwireError('unsupported_content_type', {
    message: 'Send text/csv, application/x-ndjson or application/json, without content-encoding',
  });
}

function isPlain(encoding: string): boolean {
  return encoding === '' || encoding === 'identity';
}

/** @throws LeadwireError `unknown_bulk` for one that is not the key's. */
async function jobOf({ bulkJobs }: EventBulkDeps['models'], id: string, key: SellerKey): Promise<BulkJobRecord> {
  const job = await untilAnswered(() => native<BulkJobRecord>(bulkJobs).findOne({ _id: id }));
  const isOwn = job?.seller === key.seller && job.mode === key.mode;
  if (!job || !isOwn || (key.source !== undefined && job.source !== key.source)) {
    throw new LeadwireError('unknown_bulk');
  }
  return job;
}

function shown(job: BulkJobRecord): z.output<typeof progress> {
  const { _id: id, state, rows, accepted, refused, at, doneAt, mode } = job;
  return {
    ...{ status: 200, type: 'success', id, state, rows, processed: accepted + refused, accepted, refused },
    at: at.toISOString(),
    ...(doneAt ? { done_at: doneAt.toISOString() } : {}),
    ...(mode === 'test' ? { sandbox: true } : {}),
  };
}

async function resultsOf({ bulkChunks }: EventBulkDeps['models'], { upload }: BulkJobRecord, chunk: number) {
  const _id = bulkChunkId(upload, chunk);
  const found = await untilAnswered(() => native<BulkChunkRecord>(bulkChunks).findOne({ _id }));
  return (found?.results ?? []).map(resultShown);
}

async function* allResults(models: EventBulkDeps['models'], job: BulkJobRecord) {
  for (let chunk = 0; chunk < job.position; chunk++) yield* await resultsOf(models, job, chunk);
}

function resultShown({ row, accepted, event, lead, conversionId, code, message }: BulkResult): z.output<typeof result> {
  return {
    row,
    result: accepted ? 'accepted' : 'refused',
    ...(event === undefined ? {} : { event_id: event }),
    ...(lead === undefined ? {} : { transaction_id: lead }),
    ...(conversionId === undefined ? {} : { conversion_id: conversionId }),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
}
