import { Schema, type Connection } from 'mongoose';
import { MODE, type Mode } from './origin.ts';

/** How long an upload and what came of it is kept, in seconds. */
const KEEP_SECONDS = 30 * 86_400;

/** An upload of events that arrived whole. */
export interface BulkJobRecord {
  /** `blk_…`, the same for an upload that is repeated with its Idempotency-Key. */
  _id: string;
  /** Names the request that uploaded it, and so its chunks. */
  upload: string;
  /** The key it came with. */
  key: string;
  signed: boolean;
  seller: string;
  /** Of a key of one source. */
  source?: string;
  mode: Mode;
  /** It came as CSV, where everything is text. */
  textual: boolean;
  rows: number;
  chunks: number;
  /** Chunks done, and what came of their rows. */
  position: number;
  accepted: number;
  refused: number;
  state: 'open' | 'done';
  /** Who works on it, and until when it must have said so again. */
  holder?: string;
  leaseUntil: Date;
  /** How often it was begun again since its last chunk was done. */
  attempts: number;
  at: Date;
  doneAt?: Date;
}

/** What came of one row. Codes, messages and ids only: no values. */
export interface BulkResult {
  /** From 1. */
  row: number;
  accepted: boolean;
  event?: string;
  lead?: string;
  conversionId?: string;
  code?: string;
  message?: string;
}

export interface BulkChunkRecord {
  /** `<upload>:<number, six digits>` */
  _id: string;
  upload: string;
  /** Number of its first row. */
  first: number;
  /** JSON text of its rows; gone once they have their results. */
  rows?: string;
  results?: BulkResult[];
  at: Date;
}

export function createBulkJobModel(connection: Connection) {
  const text = { type: String, required: true };
  const number = { type: Number, required: true };
  const schema = new Schema<BulkJobRecord>(
    {
      _id: String,
      upload: text,
      key: text,
      signed: { type: Boolean, required: true },
      seller: text,
      source: String,
      mode: MODE as never,
      textual: { type: Boolean, required: true },
      ...{ rows: number, chunks: number, position: number, accepted: number, refused: number, attempts: number },
      state: { type: String, enum: ['open', 'done'], required: true } as never,
      holder: String,
      leaseUntil: { type: Date, required: true },
      at: { type: Date, required: true },
      doneAt: Date,
    },
    { collection: 'bulk_jobs', versionKey: false, autoIndex: false },
  );
  schema.index({ state: 1, leaseUntil: 1 });
  schema.index({ at: 1 }, { expireAfterSeconds: KEEP_SECONDS });
  return connection.model('BulkJob', schema);
}

export function createBulkChunkModel(connection: Connection) {
  const schema = new Schema<BulkChunkRecord>(
    {
      _id: String,
      upload: { type: String, required: true },
      first: { type: Number, required: true },
      rows: String,
      results: Schema.Types.Mixed,
      at: { type: Date, required: true },
    },
    { collection: 'bulk_chunks', versionKey: false, minimize: false, autoIndex: false },
  );
  schema.index({ at: 1 }, { expireAfterSeconds: KEEP_SECONDS });
  return connection.model('BulkChunk', schema);
}

/** Id of a chunk, from 0, so that an upload's chunks sort by their number. */
export function bulkChunkId(upload: string, chunk: number): string {
  return `${upload}:${String(chunk).padStart(6, '0')}`;
}
