import { Schema, type Connection, type Model } from 'mongoose';

export const KEY_MODES = ['live', 'test'] as const;
export type KeyMode = (typeof KEY_MODES)[number];

export interface ApiKey {
  /** SHA-256 of the whole key, hex. The key itself is never stored. */
  _id: string;
  /** Public start of the key, by which people and logs name it. */
  prefix: string;
  source: string;
  mode: KeyMode;
  createdAt: Date;
  revokedAt: Date | null;
}

export type ApiKeyModel = Model<ApiKey>;

/** Collection `api_keys`. */
export function createApiKeyModel(connection: Connection): ApiKeyModel {
  const schema = new Schema<ApiKey>(
    {
      _id: { type: String, required: true },
      prefix: { type: String, required: true },
      source: { type: String, required: true },
      mode: { type: String, required: true, enum: KEY_MODES },
      createdAt: { type: Date, required: true },
      revokedAt: { type: Date, default: null },
    },
    {
      collection: 'api_keys',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  schema.index({ prefix: 1 }, { unique: true });
  return connection.model<ApiKey>('ApiKey', schema);
}
