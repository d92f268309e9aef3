import type { CompiledIntegration } from '../../config/compile.ts';
import { isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import { native } from '../../models/native.ts';
import { clickIdOf, newOfferId, rankOffers, type ListingOffer } from '../../rules/listing.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { ActivityDeps } from '../deps.ts';
import { eligibilityOf } from '../eligible.ts';
import { askNetwork, type ListingSubject } from './ask-network.ts';

export interface PageView extends ListingSubject {
  page: string;
  /** Transaction id of the lead or visit; undefined when the page knew neither. */
  transactionId: string | undefined;
  /** Offers that are shown at most. */
  most: number;
}

/** An offer as it is shown, with what is kept of that. */
export interface ShownOffer {
  offer: ListingOffer;
  record: ListingOfferRecord;
}

/**
 * Asks every click network that a page shows, all at once, and ranks what they offer. What is handed out is stored
 * first: an address that was shown can be followed.
 */
export async function showOffers(deps: ActivityDeps, view: PageView): Promise<ShownOffer[]> {
  const { lead, campaign, captured, page, transactionId, most } = view;
  const listings = campaign.listings.filter(({ listing }) => listing?.page === page);
  if (listings.length === 0) return [];
  const at = new Date();
  const eligible = await eligibilityOf(deps, lead, campaign, listings, at);
  await eligible.learn(captured);
  const answers = await Promise.all(listings.map((integration) => askNetwork(deps, view, integration, eligible)));
  const byId = new Map(listings.map((integration) => [integration.id, integration]));
  const zone = eligible.leadFacts()['timezone'];
  const seen = { page, transactionId, zone: typeof zone === 'string' ? zone : null, at };
  const shown = rankOffers(
    answers.map(({ offers }) => offers),
    most,
  ).map((offer, index) => ({ offer, record: recordOf(view, seen, byId.get(offer.listing)!, offer, index + 1) }));
  const asked: ListingAskRecord = {
    _id: newTransactionId(),
    ...whose(lead, transactionId),
    page,
    shown: shown.length,
    asked: answers.map(({ record }) => record),
    at,
  };
  const records = shown.map(({ record }) => record);
  await Promise.all([storeAll(deps.models.listingAsks, [asked]), storeAll(deps.models.listingOffers, records)]);
  return shown;
}

function whose({ campaign, seller, source, mode }: ListingSubject['lead'], transactionId: string | undefined) {
  return { campaign, seller, source, mode, ...(transactionId === undefined ? {} : { lead: transactionId }) };
}

function recordOf(
  { lead }: PageView,
  { page, transactionId, zone, at }: { page: string; transactionId: string | undefined; zone: string | null; at: Date },
  { listing }: CompiledIntegration,
  offer: ListingOffer,
  rank: number,
): ListingOfferRecord {
  const _id = newOfferId(at.getTime());
  const { price, url, position } = offer;
  return {
    _id,
    ...whose(lead, transactionId),
    listing: offer.listing,
    network: listing?.network ?? '',
    ...{ page, position, rank, price, url },
    ...(listing?.payout ? { payout: listing.payout } : {}),
    click: clickIdOf(offer, transactionId, _id),
    ...{ zone, at, expiresAt: new Date(at.getTime() + offer.standsMs) },
  };
}

async function storeAll<T extends { _id: string }>(
  model: Parameters<typeof native<T>>[0],
  records: readonly T[],
): Promise<void> {
  if (records.length === 0) return;
  try {
    await untilAnswered(() =>
      native<T>(model).insertMany(records.map((record) => ({ ...record })) as never, { ordered: false }),
    );
  } catch (error) {
    // What was written by a try that got no answer is there already.
    if (!isDuplicateKey(error)) throw error;
  }
}
