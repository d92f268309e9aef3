import { Schema, type Connection } from 'mongoose';
import type { Outcome, OutcomeReason } from '../rules/outcome.ts';

export type Mode = 'live' | 'test';

/** One sale of a lead. Prices are integer micro-dollars. */
export interface Sale {
  delivery: string;
  integration: string;
  buyer: string;
  price: number;
  redirectUrl?: string;
}

export interface LeadRecord {
  /** Transaction id: `txn_` + UUIDv7, so that records sort by time. */
  _id: string;
  campaign: string;
  seller: string;
  source: string;
  mode: Mode;
  /** Configuration revision that the lead runs on. */
  revision: number;
  fields: Record<string, string | number | boolean>;
  tracking: Record<string, string | number | boolean>;
  receivedAt: Date;
  /** No new post after this. */
  sellBy: Date;
  /** `received` while its own workflow works on it; `concluded` once it has an outcome. */
  state: 'received' | 'concluded';
  /** Counts what was settled from outside the lead's workflow: a conclusion holds only for the turn it saw. */
  turn: number;
  outcome?: Outcome;
  reason?: OutcomeReason;
  sales: Sale[];
  /** What integrations before the ping and buyers that accepted added to the lead. */
  captured?: Record<string, unknown>;
  concludedAt?: Date;
  /** Lead that this one duplicates. */
  duplicateOf?: string;
  holdUntil?: Date;
  /** Set when a slow ingress made sure of its claim: no duplicate can fence the lead off any more. */
  verified?: boolean;
}

export function createLeadModel(connection: Connection) {
  const schema = new Schema<LeadRecord>(
    {
      _id: String,
      campaign: { type: String, required: true },
      seller: { type: String, required: true },
      source: { type: String, required: true },
      mode: { type: String, enum: ['live', 'test'], required: true },
      revision: { type: Number, required: true },
      fields: { type: Schema.Types.Mixed, required: true },
      tracking: { type: Schema.Types.Mixed, required: true },
      receivedAt: { type: Date, required: true },
      sellBy: { type: Date, required: true },
      state: { type: String, enum: ['received', 'concluded'], required: true },
      turn: { type: Number, required: true },
      outcome: String,
      reason: String,
      sales: { type: [Schema.Types.Mixed], required: true } as never,
      captured: Schema.Types.Mixed,
      concludedAt: Date,
      duplicateOf: String,
      holdUntil: Date,
      verified: Boolean,
    },
    { collection: 'leads', versionKey: false, minimize: false, autoIndex: false },
  );
  return connection.model('Lead', schema);
}
