import { Schema, type Connection, type Model } from 'mongoose';

/** A connector that must not run: who says so, and why. */
export interface ConnectorBlock {
  /** What integrations name it by: a package, or the id of one that comes with Leadwire. */
  package: string;
  /** The versions it is about, as npm writes a range; absent: all. */
  versions?: string;
  /** For people. */
  reason: string;
  at: Date;
  /** Who blocked it; absent for an entry of an index. */
  by?: string;
  /** `index`: it came with the marketplace's index, and goes with it. */
  origin: 'operator' | 'index';
  /** An operator lets it run although the index blocks it. */
  lifted?: { at: Date; by: string };
}

/** The whole block list: one document, so that every change of it is one write and nodes ask for it in one read. */
export interface ConnectorBlockList {
  _id: 'blocks';
  /** Grows with each change. */
  revision: number;
  entries: ConnectorBlock[];
}

export type ConnectorBlockModel = Model<ConnectorBlockList>;

/** Collection `connector_blocks`. */
export function createConnectorBlockModel(connection: Connection): ConnectorBlockModel {
  const schema = new Schema<ConnectorBlockList>(
    {
      _id: { type: String, required: true },
      revision: { type: Number, required: true },
      entries: { type: Schema.Types.Mixed, required: true },
    },
    {
      collection: 'connector_blocks',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  return connection.model<ConnectorBlockList>('ConnectorBlockList', schema);
}
