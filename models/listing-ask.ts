import { Schema, type Connection } from 'mongoose';
import type { ExchangeText } from './auction.ts';
import { ORIGIN, type Origin } from './origin.ts';

/** What one click network was asked for a page, and what came of it. */
export interface AskedNetwork {
  /** The integration. */
  listing: string;
  /** `offers`, `no_offers`, or why it was not asked or did not answer: `schedule_closed`, `timeout`, `http_503` … */
  result: string;
  /** What it offered that could be shown, and what could not: its address, or its price. */
  offers: number;
  dropped?: { reason: string; offers: number }[];
  detail?: unknown;
  durationMs?: number;
  exchange?: ExchangeText;
}

/** One page that asked for offers: who was asked, and why some gave none. For operators. */
export interface ListingAskRecord extends Origin {
  /** A transaction id of its own, so that they sort by time. */
  _id: string;
  /** Transaction id of the lead or visit. */
  lead?: string;
  page: string;
  shown: number;
  asked: AskedNetwork[];
  at: Date;
}

/** Collection `listing_asks`. */
export function createListingAskModel(connection: Connection) {
  const schema = new Schema<ListingAskRecord>(
    {
      _id: String,
      ...ORIGIN,
      lead: String,
      page: { type: String, required: true },
      shown: { type: Number, required: true },
      asked: { type: Schema.Types.Mixed, required: true } as never,
      at: { type: Date, required: true },
    },
    { collection: 'listing_asks', versionKey: false, autoIndex: false },
  );
  schema.index({ campaign: 1, _id: 1 });
  schema.index({ lead: 1 }, { sparse: true });
  return connection.model('ListingAsk', schema);
}
