import { createHash } from 'node:crypto';
import type { HostGate } from './connector/hosts.ts';
import type { MappedBid } from './mapping/operation.ts';
import { parseHttpUrl } from './mapping/url.ts';
import type { Micros } from './money.ts';
import { isTransactionId, newTransactionId, transactionIdsFrom } from './transaction-id.ts';

/** How long an offer stands whose network does not say: a page may be open for a while. */
const STANDS_MS = 3_600_000;

const LONGEST = { title: 300, description: 2000, company: 300, url: 2000 };

/** An offer of a click network as a page may show it. */
export interface ListingOffer {
  /** Integration. */
  listing: string;
  position: number;
  /** What a click brings, in micro-dollars. */
  price: Micros;
  /** The network's id of it. */
  id?: string;
  /** Where it leads. */
  url: string;
  title?: string;
  description?: string;
  image?: string;
  company?: string;
  standsMs: number;
}

/** Why an offer is not shown. */
export type OfferFault = 'address_missing' | 'address_not_allowed';

/**
 * What a network's bid offers. Its address has to be one of the hosts that the listing may lead to; texts are cut, and
 * a picture that is not loaded by https is left out.
 *
 * @param title of offers that have none
 */
export function offerOf(
  bid: MappedBid,
  { listing, position, leadsTo, title }: { listing: string; position: number; leadsTo: HostGate; title?: string },
): ListingOffer | OfferFault {
  const { url: address, title: own, description, image, company } = bid.private;
  const url = addressOf(address);
  if (url === undefined) return 'address_missing';
  if (!leadsTo(url)) return 'address_not_allowed';
  const picture = addressOf(image);
  const texts = {
    title: textOf(own, 'title') ?? title,
    description: textOf(description, 'description'),
    company: textOf(company, 'company'),
  };
  return {
    listing,
    position,
    price: bid.price,
    url,
    ...(bid.id === undefined ? {} : { id: bid.id }),
    ...(texts.title === undefined ? {} : { title: texts.title }),
    ...(texts.description === undefined ? {} : { description: texts.description }),
    ...(picture?.startsWith('https:') ? { image: picture } : {}),
    ...(texts.company === undefined ? {} : { company: texts.company }),
    standsMs: bid.expiresInMs ?? STANDS_MS,
  };
}

/**
 * The offers of several networks in the order they are shown: by position, then by what a click brings, then as their
 * network has them. What is alike in all of that goes by the id of its listing.
 *
 * @param networks each network's offers in its own order
 */
export function rankOffers(networks: readonly (readonly ListingOffer[])[], most: number): ListingOffer[] {
  const placed = networks.flatMap((offers) => offers.map((offer, own) => ({ offer, own })));
  return placed
    .sort(
      (a, b) =>
        a.offer.position - b.offer.position ||
        b.offer.price - a.offer.price ||
        a.own - b.own ||
        (a.offer.listing < b.offer.listing ? -1 : a.offer.listing > b.offer.listing ? 1 : 0),
    )
    .slice(0, most)
    .map(({ offer }) => offer);
}

function addressOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST.url) return undefined;
  const url = parseHttpUrl(value.trim());
  // A name before the host would lead a reader astray.
  return url && url.username === '' && url.password === '' ? url.href : undefined;
}

function textOf(value: unknown, name: 'title' | 'description' | 'company'): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).trim().slice(0, LONGEST[name]) || undefined;
}

/**
 * Id of the click that an offer makes. To one lead the same offer is shown again whenever its page is: however often,
 * and by whichever of its addresses, it is clicked, that is one click. Nobody knows that of a visitor without an id.
 *
 * @param shown id of this showing of it
 */
export function clickIdOf({ listing, id, url }: ListingOffer, lead: string | undefined, shown: string): string {
  if (lead === undefined) return shown;
  const offer = createHash('sha256')
    .update(id ?? url)
    .digest('hex');
  return `${lead}:${listing}:${offer.slice(0, 32)}`;
}

const PREFIX = 'off_';
const OF_TRANSACTION = 'txn_';

/** A showing's id: `off_` and a UUID version 7. Nobody guesses one, and they sort by time. */
export function newOfferId(now?: number): string {
  return PREFIX + newTransactionId(now).slice(OF_TRANSACTION.length);
}

/** The text that every id made at or after `at` (epoch milliseconds) sorts behind. */
export function offerIdsFrom(at: number): string {
  return PREFIX + transactionIdsFrom(at).slice(OF_TRANSACTION.length);
}

export function isOfferId(text: string): boolean {
  return text.startsWith(PREFIX) && isTransactionId(OF_TRANSACTION + text.slice(PREFIX.length));
}
