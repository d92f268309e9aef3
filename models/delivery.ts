import { Schema, type Connection } from 'mongoose';
import type { PayoutTerms } from '../rules/payout.ts';
import { DELIVERY_STATES, type DeliveryState } from '../rules/delivery.ts';
import type { ExchangeText, StandingBid } from './auction.ts';
import { ORIGIN, type Origin } from './origin.ts';

/**
 * A place taken in a cap window; `amount` is 1, or micro-dollars for a budget and for `credit`, whose window is the
 * buyer's account.
 */
export interface CapPlace {
  window: string;
  kind: 'accepted' | 'sent' | 'revenue' | 'credit';
  max: number;
  amount: number;
}

/** One post of a lead to one buyer. Prices are integer micro-dollars. */
export interface DeliveryRecord extends Origin {
  /** `transaction_id:round` */
  _id: string;
  lead: string;
  round: number;
  integration: string;
  buyer: string;
  /** Id of the auction the bid comes from. */
  auction: string;
  /** Configuration revision the post is made under: the auction's. */
  revision: number;
  bid: StandingBid;
  /** What the seller gets of its price. Absent: all of it. */
  payout?: PayoutTerms;
  /** What the buyer knows this delivery by: secret, made before the post. */
  token: string;
  state: DeliveryState;
  reason?: string;
  /** Node and call that may act on the record while it is `reserving` or `sending`. */
  owner: string;
  /** Posts made: more than one only to an idempotent buyer, always with the same key. */
  attempt: number;
  /** The sender gives up before its first byte after this. */
  sendBy: Date;
  /** By now the sender has its answer or never will. */
  deadline: Date;
  places: CapPlace[];
  /** What it holds so that its buyer is not sent the same lead twice. Absent: the buyer does not mind. */
  claim?: { _id: string; until: Date };
  /** When the buyer took it; kept when it is returned. Absent in deliveries older than returns. */
  acceptedAt?: Date;
  /** Final price: the buyer's accept. */
  price?: number;
  buyerLeadId?: string;
  /** The buyer's own words; may hold personal data. */
  buyerReason?: string;
  redirectUrl?: string;
  captured?: Record<string, unknown>;
  exchanges: ExchangeText[];
  /** When an open answer (`pending`, `unknown`) settles by itself. */
  settleBy?: Date;
  /** When it did so: operators are to look into it. */
  overdueAt?: Date;
  /** When its post first got no clear answer. */
  doubtedAt?: Date;
  /** Its lead would have been lost: the first buyers it could go to said no, or it was held. */
  recovers?: true;
  /** Its values are gone, and none are kept any more. */
  erased?: true;
  /** Answers that came after the delivery had settled otherwise; never guessed about. */
  conflicts: { at: Date; state: DeliveryState; price?: number; by: string }[];
  createdAt: Date;
  changedAt: Date;
}

export function createDeliveryModel(connection: Connection) {
  const mixed = Schema.Types.Mixed;
  const schema = new Schema<DeliveryRecord>(
    {
      _id: String,
      lead: { type: String, required: true },
      round: { type: Number, required: true },
      ...ORIGIN,
      integration: { type: String, required: true },
      buyer: { type: String, required: true },
      auction: { type: String, required: true },
      revision: { type: Number, required: true },
      bid: { type: mixed, required: true },
      payout: mixed,
      token: { type: String, required: true },
      state: { type: String, enum: DELIVERY_STATES, required: true },
      reason: String,
      owner: { type: String, required: true },
      attempt: { type: Number, required: true },
      sendBy: { type: Date, required: true },
      deadline: { type: Date, required: true },
      places: { type: mixed, required: true },
      claim: mixed,
      acceptedAt: Date,
      price: Number,
      buyerLeadId: String,
      buyerReason: String,
      redirectUrl: String,
      captured: mixed,
      exchanges: { type: mixed, required: true },
      settleBy: Date,
      overdueAt: Date,
      doubtedAt: Date,
      recovers: Boolean,
      erased: Boolean,
      conflicts: { type: mixed, required: true },
      createdAt: { type: Date, required: true },
      changedAt: { type: Date, required: true },
    } as never,
    { collection: 'deliveries', versionKey: false, minimize: false, autoIndex: false },
  );
  // Reports read one buyer's records of some days; ids begin with their lead's time.
  schema.index({ buyer: 1, _id: 1 });
  // Operators look for those that are open, of many that are not; alerts for those that were open for too long.
  schema.index({ state: 1, _id: 1 }, { partialFilterExpression: { state: { $in: ['pending', 'unknown'] } } });
  schema.index({ overdueAt: 1 }, { sparse: true });
  schema.index({ token: 1 }, { unique: true });
  // A buyer may know a delivery by its own id only.
  schema.index({ buyerLeadId: 1 }, { sparse: true });
  return connection.model('Delivery', schema);
}
