import { Schema, type Connection } from 'mongoose';
import type { PayoutTerms } from '../rules/payout.ts';
import { ORIGIN, type Origin } from './origin.ts';

/** An offer of a click network as it was handed to a page: one impression. */
export interface ListingOfferRecord extends Origin {
  /** What its tracked address ends with: `off_` and a UUIDv7, so that showings sort by time. */
  _id: string;
  /** Transaction id of the lead, or of the visit that has none yet. Absent: the page knew neither. */
  lead?: string;
  /** The integration, and the connector it runs on. */
  listing: string;
  network: string;
  page: string;
  position: number;
  /** Its place among the offers that were shown with it, from 1. */
  rank: number;
  /** What a click brings, in micro-dollars. */
  price: number;
  /** What of it the seller gets; absent: nothing. */
  payout?: PayoutTerms;
  /** Where it leads. */
  url: string;
  /** Id of the click it makes: the same for every showing of this offer to this lead, so that it counts once. */
  click: string;
  /** Time zone of the lead, for caps that go by it. */
  zone: string | null;
  at: Date;
  expiresAt: Date;
}

/** Collection `listing_offers`. */
export function createListingOfferModel(connection: Connection) {
  const schema = new Schema<ListingOfferRecord>(
    {
      _id: String,
      ...ORIGIN,
      lead: String,
      listing: { type: String, required: true },
      network: { type: String, required: true },
      page: { type: String, required: true },
      position: { type: Number, required: true },
      rank: { type: Number, required: true },
      price: { type: Number, required: true },
      payout: Schema.Types.Mixed,
      url: { type: String, required: true },
      click: { type: String, required: true },
      zone: Schema.Types.Mixed,
      at: { type: Date, required: true },
      expiresAt: { type: Date, required: true },
    },
    { collection: 'listing_offers', versionKey: false, autoIndex: false },
  );
  // Reports read those of some days, an operator's those of every seller.
  schema.index({ seller: 1, at: 1 });
  schema.index({ at: 1 });
  // What is erased is found by its lead.
  schema.index({ lead: 1 }, { sparse: true });
  return connection.model('ListingOffer', schema);
}
