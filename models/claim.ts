import { createHmac } from 'node:crypto';
import { Schema, type Connection } from 'mongoose';

/** A keyed hash of values: the same for the same values, and nothing can be read from it without the key. */
export function hashOfValues(pepper: string, values: readonly unknown[]): string {
  return createHmac('sha256', pepper).update(JSON.stringify(values)).digest('base64url');
}

/** Holds the place of one lead against its duplicates. */
export interface ClaimRecord {
  /** Campaign and a keyed hash of the fields; nothing personal can be read from it. */
  _id: string;
  lead: string;
  /** When the claim was taken: until `leaseUntil` its lead need not exist yet. */
  leaseUntil: Date;
  /** The claim ends here: leads after it are no duplicates. */
  until: Date;
}

export function createClaimModel(connection: Connection) {
  const schema = new Schema<ClaimRecord>(
    {
      _id: String,
      lead: { type: String, required: true },
      leaseUntil: { type: Date, required: true },
      until: { type: Date, required: true },
    },
    { collection: 'claims', versionKey: false, autoIndex: false },
  );
  return connection.model('Claim', schema);
}

/** An Idempotency-Key of a source: its request belongs to one lead. */
export interface IdempotencyRecord {
  /** `source:mode:campaign:key` */
  _id: string;
  lead: string;
  /** The request that began it: two that race for one key have the same lead when they post one ping. */
  request?: string;
  /** SHA-256 of the request's body. */
  bodyHash: string;
  /** In flight until then, unless its lead is there. */
  leaseUntil: Date;
}

export function createIdempotencyModel(connection: Connection) {
  const schema = new Schema<IdempotencyRecord>(
    {
      _id: String,
      lead: { type: String, required: true },
      request: String,
      bodyHash: { type: String, required: true },
      leaseUntil: { type: Date, required: true },
    },
    { collection: 'idempotency', versionKey: false, autoIndex: false },
  );
  // What is erased is found by its lead.
  schema.index({ lead: 1 });
  return connection.model('Idempotency', schema);
}
