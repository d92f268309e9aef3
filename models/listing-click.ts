import { Schema, type Connection } from 'mongoose';
import type { CapPlace } from './delivery.ts';
import type { ListingOfferRecord } from './listing-offer.ts';
import { ORIGIN, type Origin } from './origin.ts';

/**
 * `counting`: whoever made the record asks the caps. `counted`: the network owes for it. `refused`: a cap was full, and
 * the visitor was not sent on.
 */
export const LISTING_CLICK_STATES = ['counting', 'counted', 'refused'] as const;
export type ListingClickState = (typeof LISTING_CLICK_STATES)[number];

/** A click on an offer; a further one on the same offer only adds to `repeats`. */
export interface ListingClickRecord extends Origin, Pick<ListingOfferRecord, 'lead' | 'listing' | 'network'> {
  /** `click` of its offer. */
  _id: string;
  /** The offer that was clicked first. */
  offer: string;
  state: ListingClickState;
  /** Names the call that made the record. */
  owner: string;
  /** Micro-dollars. */
  price: number;
  payout: number;
  /** Cap windows that it has, or had, a place in. */
  places: CapPlace[];
  /** Its row in the ledger and its caps are still to be written. Absent: all is done. */
  open?: true;
  /** Clicks after the first. */
  repeats: number;
  at: Date;
}

/** Collection `listing_clicks`. */
export function createListingClickModel(connection: Connection) {
  const schema = new Schema<ListingClickRecord>(
    {
      _id: String,
      ...ORIGIN,
      lead: String,
      listing: { type: String, required: true },
      network: { type: String, required: true },
      offer: { type: String, required: true },
      state: { type: String, enum: LISTING_CLICK_STATES, required: true },
      owner: { type: String, required: true },
      price: { type: Number, required: true },
      payout: { type: Number, required: true },
      places: { type: Schema.Types.Mixed, required: true } as never,
      open: Boolean as never,
      repeats: { type: Number, required: true },
      at: { type: Date, required: true },
    },
    { collection: 'listing_clicks', versionKey: false, autoIndex: false },
  );
  // What a node that died left undone.
  schema.index({ open: 1, at: 1 }, { sparse: true });
  return connection.model('ListingClick', schema);
}
