import { Schema, type Connection, type Model } from 'mongoose';

export const AUDITED = [
  'configuration',
  'secret',
  'api_key',
  'delivery',
  'posting_link',
  'event',
  'health',
  'ledger',
  'return',
  'integration',
  'connector',
  'lead',
  'follow_up',
] as const;
export type Audited = (typeof AUDITED)[number];

/** One change someone made. Append-only; holds ids and kinds, never contents or secret values. */
export interface AuditEntry {
  /** `configuration:<revision>` for a change of configuration, otherwise random. */
  _id: string;
  at: Date;
  who: string;
  what: Audited;
  /** What happened to which object, e.g. `{kind: 'updated', collection: 'integrations', id: 'int_acme'}`. */
  changes: { kind: string; collection: string; id: string }[];
  /** Codes that say more about it, e.g. `{operation: 'post', outcome: 'accepted'}`. */
  details?: Record<string, string>;
  /** Revision of the configuration this made, where it made one. */
  revision?: number;
}

export type AuditModel = Model<AuditEntry>;

/** Collection `audit`. */
export function createAuditModel(connection: Connection): AuditModel {
  const schema = new Schema<AuditEntry>(
    {
      _id: { type: String, required: true },
      at: { type: Date, required: true },
      who: { type: String, required: true },
      what: { type: String, required: true, enum: AUDITED },
      changes: { type: Schema.Types.Mixed, required: true },
      details: { type: Schema.Types.Mixed },
      revision: { type: Number },
    },
    {
      collection: 'audit',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  schema.index({ at: 1 });
  return connection.model<AuditEntry>('AuditEntry', schema);
}
