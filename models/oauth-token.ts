import { Schema, type Connection } from 'mongoose';
import type { Sealed } from './secret.ts';

/** An access token of a service, shared by all nodes. Whoever holds the lease gets a new one; the others wait. */
export interface OAuthTokenRecord {
  /** `<owner>:<SHA-256 of what it is got with>`: another client or another authorisation is another token. */
  _id: string;
  access?: Sealed;
  /** SHA-256 of the access token, to take away the one that a service refused and no later one. */
  accessHash?: string;
  expiresAt?: Date;
  /** The newest refresh token, where the service gave another than the one that was configured. */
  refresh?: Sealed;
  /** Who is getting a token; until `leaseUntil` nobody else does. */
  holder?: string;
  leaseUntil?: Date;
  /** Counts the leases. */
  epoch: number;
  /** The service refused: an error of RFC 6749. Until `refusedUntil` it is not asked again. */
  refusal?: string;
  refusedUntil?: Date;
  changedAt: Date;
}

/** One that nobody has used for this long is forgotten. */
const KEPT_SECONDS = 400 * 24 * 60 * 60;

export function createOAuthTokenModel(connection: Connection) {
  const schema = new Schema<OAuthTokenRecord>(
    {
      _id: String,
      access: Schema.Types.Mixed,
      accessHash: String,
      expiresAt: Date,
      refresh: Schema.Types.Mixed,
      holder: String,
      leaseUntil: Date,
      epoch: { type: Number, required: true },
      refusal: String,
      refusedUntil: Date,
      changedAt: { type: Date, required: true },
    },
    { collection: 'oauth_tokens', versionKey: false, autoIndex: false },
  );
  schema.index({ changedAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });
  return connection.model('OAuthToken', schema);
}
export type OAuthTokenModel = ReturnType<typeof createOAuthTokenModel>;
