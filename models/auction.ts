import { Schema, type Connection } from 'mongoose';
import type { Why } from '../rules/auction.ts';
import type { Alternatives } from '../rules/auction/hybrid.ts';
import type { Adjustment } from '../rules/auction/modifiers.ts';
import type { RuleEffects } from '../rules/decision.ts';
import type { Margin } from '../rules/payout.ts';

/**
 * Masked record of one request and its answer, for operators (see `http/exchange.ts`), as JSON text: a lead has a dozen
 * of them, and as documents they would cost more than everything else that is written about it.
 */
export type ExchangeText = string;

/** One integration's part in an auction: why it was not asked, or what it answered. */
export interface Participant {
  integration: string;
  buyer?: string;
  /** `bid`, `no_bid`, or the reason it was not pinged: `schedule_closed`, `rule`, `cap_full` … */
  result: string;
  /** What the check saw; may hold values of the lead. */
  detail?: unknown;
  /** What the steps of its rule set. */
  effects?: RuleEffects;
  durationMs?: number;
  exchange?: ExchangeText;
}

/** A bid that may be posted. Prices are integer micro-dollars. */
export interface StandingBid {
  integration: string;
  buyer: string;
  price: number;
  id?: string;
  /** What a seller knows the bid by: drawn at random for a ping, says nothing about the buyer. */
  offer?: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  /** Values seen by the post of the same integration only. */
  private: Record<string, unknown>;
  /** What its rule tagged the lead with. */
  tags?: readonly string[];
  /** It is for having the lead alone, or has an agreement that says so. */
  exclusive?: true;
  /** It has an agreement about the lead. */
  agreement?: true;
  /** Its group, where the auction has groups. */
  group?: string;
  /** What is kept of its price before the seller's payout is reckoned. */
  margins?: readonly Margin[];
  /** Why it is where it is. Absent in auctions older than that. */
  ranking?: Ranking;
}

/** How a bid came to its rank. */
export interface Ranking {
  why: Why;
  /** What it counted for, where that is not its price, and the steps that led there. */
  ranksAs?: number;
  adjustments?: readonly Adjustment[];
  /** Price times expected acceptance, where bids were compared by it. */
  expected?: number;
}

/** What a compliance or enrichment integration said before the ping. */
export interface PreparedRecord extends Participant {
  captured: Record<string, unknown>;
}

/** Inserted if absent, then read back: a re-run of the step uses the first record. */
export interface AuctionRecord {
  /** `transaction_id:n`; n counts the times the buyers were pinged. */
  _id: string;
  lead: string;
  revision: number;
  at: Date;
  prepared: PreparedRecord[];
  /** Integration whose compliance check ended the lead. */
  blockedBy?: string;
  /** Of a ping for a lead that the campaign had before: nobody was asked. */
  duplicate?: true;
  captured: Record<string, unknown>;
  participants: Participant[];
  ranked: StandingBid[];
  dropped: { integration: string; price: number; reason: string }[];
  /** Numbers that were drawn for groups that take turns, by group. */
  turns?: Readonly<Record<string, number>>;
  /** What there was to choose from, where exclusive bids competed with shared ones: micro-dollars. */
  alternatives?: Alternatives;
  /** Takes the lead when nobody else does; undefined when it is not configured or not eligible. */
  defaultBid?: StandingBid;
}

export function createAuctionModel(connection: Connection) {
  const mixed = { type: Schema.Types.Mixed, required: true };
  const schema = new Schema<AuctionRecord>(
    {
      _id: String,
      lead: { type: String, required: true },
      revision: { type: Number, required: true },
      at: { type: Date, required: true },
      prepared: mixed,
      blockedBy: String,
      duplicate: Boolean,
      captured: mixed,
      participants: mixed,
      ranked: mixed,
      dropped: mixed,
      turns: Schema.Types.Mixed,
      alternatives: Schema.Types.Mixed,
      defaultBid: Schema.Types.Mixed,
    } as never,
    { collection: 'auctions', versionKey: false, minimize: false, autoIndex: false },
  );
  return connection.model('Auction', schema);
}
