import { Schema, type Connection, type Model } from 'mongoose';
import type { CollectionName } from '../schema/configuration.ts';

const DURABLE = { w: 'majority', j: true } as const;

/** Who wrote: `apply` is a configuration file, `api` an edit by hand. */
export interface Author {
  name: string;
  origin: 'apply' | 'api';
}

export interface Change {
  kind: 'created' | 'updated' | 'unchanged' | 'deleted';
  collection: CollectionName;
  id: string;
}

/** One immutable version of the whole configuration. */
export interface ConfigSnapshot {
  _id: number;
  /** The file as JSON text: its keys may hold dots and dollars, which document fields may not. */
  file: string;
  /** The connectors it runs on, as JSON text; absent when it runs on none. */
  pins?: string;
  /** SHA-256 of `file`, hex. */
  hash: string;
  at: Date;
  by: Author;
  /** What this version changed; `unchanged` is left out. */
  changes: Change[];
}

/** What is known of one object beside its content. A deleted object keeps its entry with an empty hash. */
export interface ObjectState {
  /** Revision that last changed the object. */
  revision: number;
  hash: string;
  /** Hash that a configuration file last gave it; differs from `hash` after an edit by hand. */
  appliedHash: string;
}

export type ObjectStates = Partial<Record<CollectionName, Record<string, ObjectState>>>;

/** The single document that says which version is current. */
export interface ConfigHead {
  _id: 'head';
  revision: number;
  objects: ObjectStates;
}

export type SnapshotModel = Model<ConfigSnapshot>;
export type HeadModel = Model<ConfigHead>;

/** Collection `config_snapshots`. */
export function createSnapshotModel(connection: Connection): SnapshotModel {
  const schema = new Schema<ConfigSnapshot>(
    {
      _id: { type: Number, required: true },
      file: { type: String, required: true },
      pins: String,
      hash: { type: String, required: true },
      at: { type: Date, required: true },
      by: { type: Schema.Types.Mixed, required: true },
      changes: { type: Schema.Types.Mixed, required: true },
    },
    { collection: 'config_snapshots', versionKey: false, autoIndex: false, autoCreate: false, writeConcern: DURABLE },
  );
  return connection.model<ConfigSnapshot>('ConfigSnapshot', schema);
}

/** Collection `config_head`. */
export function createHeadModel(connection: Connection): HeadModel {
  const schema = new Schema<ConfigHead>(
    {
      _id: { type: String, required: true },
      revision: { type: Number, required: true },
      objects: { type: Schema.Types.Mixed, required: true },
    },
    {
      collection: 'config_head',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      minimize: false,
      writeConcern: DURABLE,
    },
  );
  return connection.model<ConfigHead>('ConfigHead', schema);
}
