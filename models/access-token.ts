import { Schema, type Connection, type Model } from 'mongoose';

/** What an OAuth client was handed for its key. It is good as long as the key and the secret it was asked with. */
export interface AccessToken {
  /** SHA-256 of the token, hex. The token itself is never stored. */
  _id: string;
  /** The key's public start. */
  key: string;
  /** Hash of the secret it was asked with. */
  secret: string;
  expiresAt: Date;
}

export type AccessTokenModel = Model<AccessToken>;

/** Collection `access_tokens`. */
export function createAccessTokenModel(connection: Connection): AccessTokenModel {
  const schema = new Schema<AccessToken>(
    {
      _id: { type: String, required: true },
      key: { type: String, required: true },
      secret: { type: String, required: true },
      expiresAt: { type: Date, required: true },
    },
    {
      collection: 'access_tokens',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  // Only tidies up: whether a token is still good is decided by its own date.
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 3600 });
  return connection.model<AccessToken>('AccessToken', schema);
}
