import { Schema, type Connection, type Model } from 'mongoose';
import { MODE, type Mode } from './origin.ts';
import type { Sealed } from './secret.ts';

/** One secret of a key; there are two while a rotation overlaps. */
export interface KeySecret {
  /** SHA-256 of the whole key, hex. The key itself is never stored. */
  hash: string;
  /** What its requests are signed with; a key has one or none in all its secrets. */
  signing?: Sealed;
  createdAt: Date;
  /** Since when it is no good any more; null: as long as the key. */
  until: Date | null;
}

export interface ApiKey {
  /** Public start of the key, by which people and logs name it. */
  _id: string;
  kind: 'seller' | 'buyer' | 'browser' | 'operator';
  mode: Mode;
  /** seller, browser. */
  seller?: string;
  /** browser; seller: the one source it posts for. */
  source?: string;
  buyer?: string;
  /** browser: pages it may be used from. */
  origins?: string[];
  /** Addresses and CIDR ranges it may be used from. Default everywhere. */
  networks?: string[];
  signed: boolean;
  secrets: KeySecret[];
  /** Grows with each rotation: two at once do not overwrite each other. */
  turn: number;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export type ApiKeyModel = Model<ApiKey>;

/** Collection `keys`. */
export function createApiKeyModel(connection: Connection): ApiKeyModel {
  const schema = new Schema<ApiKey>(
    {
      _id: { type: String, required: true },
      kind: { type: String, required: true, enum: ['seller', 'buyer', 'browser', 'operator'] },
      mode: MODE,
      seller: String,
      source: String,
      buyer: String,
      origins: { type: [String], default: undefined },
      networks: { type: [String], default: undefined },
      signed: { type: Boolean, required: true },
      secrets: { type: Schema.Types.Mixed, required: true },
      turn: { type: Number, required: true },
      createdAt: { type: Date, required: true },
      expiresAt: { type: Date, default: null },
      revokedAt: { type: Date, default: null },
    },
    {
      collection: 'keys',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  return connection.model<ApiKey>('ApiKey', schema);
}
