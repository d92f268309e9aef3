import { Schema, type Connection, type Model } from 'mongoose';

const DURABLE = { w: 'majority', j: true } as const;

/** One version of a connector that was installed from a registry. It stays as it is; only `state` changes. */
export interface ConnectorPackage {
  /** `<package>@<version>`: what configurations are pinned to. */
  _id: string;
  /** `leadwire-connector-acme`, `@scope/leadwire-connector-acme` */
  package: string;
  version: string;
  /** `sha512-…` of the tarball, as npm writes it. */
  integrity: string;
  /** Where it came from, without credentials. */
  registry: string;
  /** `connector.json` as JSON text: its keys may hold dots and dollars, which document fields may not. */
  manifest: string;
  /** Its exemplary fixtures, `{file, fixture}[]` as JSON text. */
  fixtures: string;
  /** One self-contained script, where it has code. */
  code?: string;
  /** The package as it was published. */
  tarball: Buffer;
  /** What the conformance suite found, by grade. */
  conformance: { errors: number; warnings: number; suggestions: number };
  installedAt: Date;
  by: string;
  /** A removed one is offered to nobody; leads that still run on it find its code here. */
  state: 'offered' | 'removed';
}

/** Grows whenever something changed that nodes hold in memory. */
export interface ConnectorRevision {
  /** What changed: `packages`. */
  _id: string;
  revision: number;
}

/** An upgrade that was made: what integrations can be put back to. */
export interface ConnectorUpgrade {
  /** `<connector>@<version>:<configuration version before>` */
  _id: string;
  /** Name of the connector, without its version. */
  connector: string;
  /** The version that its integrations were moved to. */
  to: string;
  /** The configuration version before: what they are put back to. */
  from: number;
  /** The configuration version that it wrote; absent while it is being written. */
  revision?: number;
  integrations: string[];
  at: Date;
  by: string;
}

export type ConnectorPackageModel = Model<ConnectorPackage>;
export type ConnectorRevisionModel = Model<ConnectorRevision>;
export type ConnectorUpgradeModel = Model<ConnectorUpgrade>;

const options = (collection: string) =>
  ({ collection, versionKey: false, autoIndex: false, autoCreate: false, writeConcern: DURABLE }) as const;

/** Collection `connector_packages`. */
export function createConnectorPackageModel(connection: Connection): ConnectorPackageModel {
  const text = { type: String, required: true } as const;
  const schema = new Schema<ConnectorPackage>(
    {
      _id: text,
      package: text,
      version: text,
      integrity: text,
      registry: text,
      manifest: text,
      fixtures: text,
      code: String,
      tarball: { type: Buffer, required: true },
      conformance: { type: Schema.Types.Mixed, required: true },
      installedAt: { type: Date, required: true },
      by: text,
      state: { ...text, enum: ['offered', 'removed'] },
    },
    options('connector_packages'),
  );
  return connection.model<ConnectorPackage>('ConnectorPackage', schema);
}

/** Collection `connector_revisions`. */
export function createConnectorRevisionModel(connection: Connection): ConnectorRevisionModel {
  const schema = new Schema<ConnectorRevision>(
    { _id: { type: String, required: true }, revision: { type: Number, required: true } },
    options('connector_revisions'),
  );
  return connection.model<ConnectorRevision>('ConnectorRevision', schema);
}

/** Collection `connector_upgrades`. */
export function createConnectorUpgradeModel(connection: Connection): ConnectorUpgradeModel {
  const schema = new Schema<ConnectorUpgrade>(
    {
      _id: { type: String, required: true },
      connector: { type: String, required: true },
      to: { type: String, required: true },
      from: { type: Number, required: true },
      revision: Number,
      integrations: { type: [String], required: true },
      at: { type: Date, required: true },
      by: { type: String, required: true },
    },
    options('connector_upgrades'),
  );
  return connection.model<ConnectorUpgrade>('ConnectorUpgrade', schema);
}

/** Tells every node that something changed. */
export async function bumpConnectorRevision(revisions: ConnectorRevisionModel, what: string): Promise<void> {
  await revisions.updateOne({ _id: what }, { $inc: { revision: 1 } }, { upsert: true });
}
