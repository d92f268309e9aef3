import { Schema, type Connection, type Model } from 'mongoose';

const DURABLE = { w: 'majority', j: true } as const;

/** One connector of one version of the marketplace's index, as JSON text: keys may hold dots and dollars. */
export interface ConnectorIndexEntry {
  /** `<revision>:<name>` */
  _id: string;
  revision: number;
  /** What integrations name it by. */
  name: string;
  /** What lists and searches show. */
  facts: string;
  /** Its manifest and exemplary fixtures, which its own page needs beside them. */
  details: string;
}

/** The single document that says which version of the index counts. */
export interface ConnectorIndexHead {
  _id: 'head';
  revision: number;
  /** When it was built. */
  builtAt: Date;
  /** How many connectors it has. */
  connectors: number;
  loadedAt: Date;
  by: string;
}

export type ConnectorIndexModel = Model<ConnectorIndexEntry>;
export type ConnectorIndexHeadModel = Model<ConnectorIndexHead>;

/** Collection `connector_index`. */
export function createConnectorIndexModel(connection: Connection): ConnectorIndexModel {
  const text = { type: String, required: true } as const;
  const schema = new Schema<ConnectorIndexEntry>(
    { _id: text, revision: { type: Number, required: true }, name: text, facts: text, details: text },
    { collection: 'connector_index', versionKey: false, autoIndex: false, autoCreate: false, writeConcern: DURABLE },
  );
  schema.index({ revision: 1 });
  return connection.model<ConnectorIndexEntry>('ConnectorIndexEntry', schema);
}

/** Collection `connector_index_head`. */
export function createConnectorIndexHeadModel(connection: Connection): ConnectorIndexHeadModel {
  const schema = new Schema<ConnectorIndexHead>(
    {
      _id: { type: String, required: true },
      revision: { type: Number, required: true },
      builtAt: { type: Date, required: true },
      connectors: { type: Number, required: true },
      loadedAt: { type: Date, required: true },
      by: { type: String, required: true },
    },
    {
      collection: 'connector_index_head',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: DURABLE,
    },
  );
  return connection.model<ConnectorIndexHead>('ConnectorIndexHead', schema);
}
