import { createHash, randomUUID } from 'node:crypto';
import type { SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { bulkChunkId, type BulkChunkRecord, type BulkJobRecord } from '../../models/bulk-job.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { BulkForm, BulkRow } from './bulk-reader.ts';

export const MAX_ROWS = 100_000;
/** Rows of a chunk, and characters beyond which it has fewer. */
const CHUNK_ROWS = 250;
const CHUNK_LENGTH = 512 * 1024;

export interface BulkUpload {
  rows: AsyncIterable<BulkRow>;
  form: BulkForm;
  key: SellerKey;
  /** The same upload sent again is taken in once. */
  idempotencyKey: string | undefined;
  /** Asked when everything has arrived: throws when it must not be taken in. */
  verify: () => void;
}

type Models = Pick<LeadModels, 'bulkJobs' | 'bulkChunks'>;

/**
 * Stores an upload in chunks while it comes. Only when all of it has arrived is there a job, so that none of its rows is
 * taken in unless all can be read.
 *
 * @throws LeadwireError `bulk_unreadable`, `bulk_too_large`
 */
export async function storeUpload(models: Models, { rows, form, key, ...upload }: BulkUpload): Promise<BulkJobRecord> {
  const name = randomUUID();
  const chunks = native<BulkChunkRecord>(models.bulkChunks);
  const forget = () => chunks.deleteMany({ _id: { $gte: `${name}:`, $lt: `${name};` } });
  try {
    const counted = await storeChunks(chunks, name, rows);
    upload.verify();
    const { id, signed, seller, source, mode } = key;
    const job: BulkJobRecord = {
      _id: jobId(key, upload.idempotencyKey),
      upload: name,
      key: id,
      ...{ signed, seller, mode, textual: form === 'csv' },
      ...(source === undefined ? {} : { source }),
      ...counted,
      ...{ position: 0, accepted: 0, refused: 0, state: 'open', leaseUntil: new Date(0), attempts: 0 },
      at: new Date(),
    };
    const fenced = await insertFence(models.bulkJobs, job, (found) => found.upload === name);
    if (fenced.ours) return job;
    await forget();
    return fenced.record;
  } catch (error) {
    await forget().catch(() => undefined);
    throw error;
  }
}

/** An upload that is repeated with its Idempotency-Key has the same id. */
function jobId({ id }: SellerKey, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined || idempotencyKey === '') return `blk_${randomUUID().replaceAll('-', '')}`;
  return `blk_${createHash('sha256').update(`${id}\n${idempotencyKey}`).digest('hex').slice(0, 32)}`;
}

async function storeChunks(
  chunks: ReturnType<typeof native<BulkChunkRecord>>,
  upload: string,
  rows: AsyncIterable<BulkRow>,
): Promise<{ rows: number; chunks: number }> {
  let held: string[] = [];
  let length = 0;
  let stored = 0;
  let count = 0;
  const store = async () => {
    const first = count - held.length + 1;
    const chunk = { _id: bulkChunkId(upload, stored), upload, first, rows: `[${held.join(',')}]`, at: new Date() };
    // A name of this request's alone: whoever wrote it before was this write, whose answer was lost.
    await untilAnswered(() => chunks.replaceOne({ _id: chunk._id }, chunk, { upsert: true }));
    stored++;
    held = [];
    length = 0;
  };
  for await (const row of rows) {
    if (++count > MAX_ROWS) throw new LeadwireError('bulk_too_large');
    const text = JSON.stringify(row);
    held.push(text);
    length += text.length;
    if (held.length >= CHUNK_ROWS || length >= CHUNK_LENGTH) await store();
  }
  if (held.length > 0) await store();
  if (count === 0) throw new LeadwireError('bulk_unreadable', { message: 'The upload holds no rows' });
  return { rows: count, chunks: stored };
}
