import { Schema, type Connection } from 'mongoose';
import type { Mode } from './origin.ts';

/** One inbound request as its owner and operators may read it: nothing in it tells a person or a secret. */
export interface RequestRecord {
  /** `owner:mode:uuid`, see `requestIdsOf`: an owner's requests are a range that sorts by time. */
  _id: string;
  /** When it came. */
  at: Date;
  method: string;
  /** Path of the operation, as the reference writes it; absent when there is none at the address. */
  route?: string;
  /** As asked, what may be secret or personal masked. */
  path: string;
  query?: Record<string, unknown>;
  status: number;
  /** Error code of the answer. */
  code?: string;
  /** The client was gone before it had the whole answer. */
  aborted?: true;
  missingFields?: string[];
  invalidFields?: string[];
  /** Bytes of the body as read, or as announced when it was not read. */
  bytesIn: number;
  /** Bytes of the answer's body. */
  bytesOut: number;
  durationMs: number;
  /** Public start of the key, also of one that was refused. */
  key?: string;
  mode?: Mode;
  seller?: string;
  source?: string;
  buyer?: string;
  campaign?: string;
  transactionId?: string;
  /** The network the client is in: 24 bits of an IPv4 address, 48 of an IPv6 one. */
  network?: string;
  userAgent?: string;
  body?: Record<string, unknown>;
}

export function createRequestLogModel(connection: Connection) {
  const schema = new Schema<RequestRecord>(
    { _id: String, at: { type: Date, required: true }, status: { type: Number, required: true } },
    { collection: 'request_log', versionKey: false, autoIndex: false, strict: false },
  );
  return connection.model('RequestLog', schema);
}
export type RequestLogModel = ReturnType<typeof createRequestLogModel>;

/** Owner of what came without a good key. */
export const NOBODY = 'nobody';

/** What the ids of an owner's requests begin with. Owners are sellers' and buyers' ids, which hold no colon. */
export function requestIdsOf(owner: string, mode: Mode | undefined): string {
  return `${owner}:${mode ?? 'live'}:`;
}
