import { Schema, type Connection } from 'mongoose';
import type { Outcome, OutcomeReason } from '../rules/outcome.ts';
import type { PayoutTerms } from '../rules/payout.ts';
import { ORIGIN, type Origin } from './origin.ts';

/** One sale of a lead. Amounts are integer micro-dollars. */
export interface Sale {
  delivery: string;
  integration: string;
  buyer: string;
  /** What the buyer pays. */
  price: number;
  /** What the seller gets. Absent in sales older than payouts: the whole price. */
  payout?: number;
  /** The seller's name of the bid, for a lead that was pinged before. */
  offer?: string;
  redirectUrl?: string;
  /** When the buyer gave it back; then it owes nothing for it, nor does its seller earn anything unless it is `kept`. */
  returnedAt?: Date;
  /** The seller keeps its payout when the lead is returned. */
  kept?: true;
}

/** One thing there was to tell the lead's source, as it was when it happened. Amounts are micro-dollars. */
export interface Told {
  at: Date;
  outcome: Outcome;
  reason: OutcomeReason;
  /** What the seller gets, or got for what was returned. Absent unless there was a sale. */
  payout?: number;
}

/** A bid as its seller knows it: what it pays the seller, in micro-dollars, and until when (epoch milliseconds). */
export interface Offer {
  id: string;
  payout: number;
  expiresAt: number;
}

/** How a lead came from a ping. */
export interface PostedPing {
  /** Id of the ping. */
  id: string;
  /** Names the request that posted it: of several posts of one ping only this one counts. */
  request: string;
  /** Bids the seller picked, by their names in the answer to the ping. Absent: whatever is best. */
  chosen?: string[];
  /** What the best bid was said to pay the seller, in micro-dollars. */
  quote: number;
}

export interface LeadRecord extends Origin {
  /** Transaction id: `txn_` + UUIDv7, so that records sort by time. */
  _id: string;
  /** Configuration revision that the lead runs on. */
  revision: number;
  fields: Record<string, string | number | boolean>;
  tracking: Record<string, string | number | boolean>;
  /** What the seller gets of a price, as agreed when the lead came, or its ping. Absent: all of it. */
  payout?: PayoutTerms;
  ping?: PostedPing;
  /** Set when the lead has the transaction id of a visit: names the request that posted it. Only one counts. */
  click?: { request: string };
  /** Id of the lead's claim, when it has a ping or a visit: posts of one may claim different places. */
  claim?: string;
  /** Bids the seller is asked about, while the reason is `awaiting_seller`. */
  offers?: Offer[];
  /** Bids the seller picked when it was asked, and the requests that did so. */
  choice?: { bids: string[]; requests: string[] };
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
  /** Its outcome, or that of one of several buyers, may still change. */
  open?: boolean;
  /** What its source's endpoints are told, by name (`sold`, `returned_1`). Absent: nothing. */
  told?: Record<string, Told>;
  /** Lead that this one duplicates. */
  duplicateOf?: string;
  holdUntil?: Date;
  /** Set when a slow ingress made sure of its claim: no duplicate can fence the lead off any more. */
  verified?: boolean;
  /** Since when its person wants it passed on no more, and since when its values are gone. */
  revokedAt?: Date;
  erasedAt?: Date;
  /** The lead as it came, once an event has changed it. It is offered and sold as it came. */
  original?: Pick<LeadRecord, 'fields' | 'tracking'>;
  /** Ids of the newest events that changed it or its visit, and how many did. */
  changedBy?: string[];
  edits?: number;
  /** Verified revenue of its conversions, in micro-dollars. What buyers pay for it is not part of it. */
  revenue?: number;
  /** Ids of the events that it is the sum of: each is added once. */
  earnedFrom?: string[];
}

/** Why a lead must not be passed on any more; undefined while it may be. */
export function withdrawnFrom({
  revokedAt,
  erasedAt,
}: Pick<LeadRecord, 'revokedAt' | 'erasedAt'>): 'erased' | 'consent_revoked' | undefined {
  if (erasedAt) return 'erased';
  return revokedAt ? 'consent_revoked' : undefined;
}

export function createLeadModel(connection: Connection) {
  const schema = new Schema<LeadRecord>(
    {
      _id: String,
      ...ORIGIN,
      revision: { type: Number, required: true },
      fields: { type: Schema.Types.Mixed, required: true },
      tracking: { type: Schema.Types.Mixed, required: true },
      payout: Schema.Types.Mixed,
      ping: Schema.Types.Mixed,
      click: Schema.Types.Mixed,
      claim: String,
      offers: Schema.Types.Mixed,
      choice: Schema.Types.Mixed,
      receivedAt: { type: Date, required: true },
      sellBy: { type: Date, required: true },
      state: { type: String, enum: ['received', 'concluded'], required: true },
      turn: { type: Number, required: true },
      outcome: String,
      reason: String,
      sales: { type: [Schema.Types.Mixed], required: true } as never,
      captured: Schema.Types.Mixed,
      concludedAt: Date,
      open: Boolean,
      told: Schema.Types.Mixed,
      duplicateOf: String,
      holdUntil: Date,
      verified: Boolean,
      revokedAt: Date,
      erasedAt: Date,
      original: Schema.Types.Mixed,
      changedBy: Schema.Types.Mixed,
      edits: Number,
      revenue: Number,
      earnedFrom: { type: [String], default: undefined },
    },
    { collection: 'leads', versionKey: false, minimize: false, autoIndex: false },
  );
  // Reports read one seller's records of some days; ids begin with their time.
  schema.index({ seller: 1, _id: 1 });
  return connection.model('Lead', schema);
}
