import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CapPlace } from '../../models/delivery.ts';
import { insertFence, insertOnce, readMajority, untilAnswered } from '../../models/fence.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { ListingClickRecord } from '../../models/listing-click.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { payoutOf } from '../../rules/payout.ts';
import { releasePlaces, reservePlaces, settlePlaces } from '../delivery/caps.ts';
import type { ActivityDeps } from '../deps.ts';

type Models = Pick<LeadModels, 'caps' | 'ledger' | 'listingClicks'>;
type ClickDeps = Pick<ActivityDeps, 'config'> & { models: Models };

/** How long one who comes second waits for the first to have asked the caps, in milliseconds. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 50;

/** `counted`: it is the first. `repeated`: it was counted before. `refused`: a cap is full. */
export type ClickResult = 'counted' | 'repeated' | 'refused';

/**
 * Counts a click on an offer: once, however many come at the same time. The record of the click decides who counts it;
 * a place in every cap is taken before, and the row in the ledger written before the visitor goes on. Of sandbox offers
 * there is only the record.
 */
export async function countClick(
  deps: ClickDeps,
  offer: ListingOfferRecord,
  patienceMs = PATIENCE_MS,
): Promise<ClickResult> {
  const { models } = deps;
  const mine = clickOf(offer, placesFor(deps, offer));
  const fenced = await insertFence<ListingClickRecord>(
    models.listingClicks,
    mine,
    (found) => found.owner === mine.owner,
  );
  if (fenced.ours) return decide(models, mine);
  const known = await onceDecided(models, fenced.record, patienceMs);
  if (known.state === 'counting') return takeOver(models, known, mine.owner);
  if (known.state === 'refused') return known.offer === offer._id ? 'refused' : beginAgain(models, known, mine);
  if (known.open) await finishClick(models, known);
  // Clicks beyond the first pay nothing; one that is told twice is no harm.
  await untilAnswered(() => clicksOf(models).updateOne({ _id: known._id }, { $inc: { repeats: 1 } }));
  return 'repeated';
}

/** A cap was full when the lead clicked on an earlier showing of the offer; there may be room by now. */
async function beginAgain(models: Models, refused: ListingClickRecord, mine: ListingClickRecord): Promise<ClickResult> {
  const { _id, ...anew } = mine;
  const begun = await untilAnswered(() =>
    clicksOf(models).updateOne({ _id, state: 'refused', owner: refused.owner }, { $set: anew }),
  );
  if (begun.matchedCount > 0) return decide(models, mine);
  // Somebody else did, or this is a repetition of our own that was answered late.
  const found = await readMajority<ListingClickRecord>(models.listingClicks, _id);
  if (found?.owner === mine.owner) return decide(models, found);
  const decided = found && (await onceDecided(models, found, PATIENCE_MS));
  return decided?.state === 'counted' ? 'repeated' : 'refused';
}

/** The record as it is when its owner has asked the caps; as it is by then, if that takes longer. */
async function onceDecided(models: Models, seen: ListingClickRecord, patienceMs: number): Promise<ListingClickRecord> {
  const giveUpAt = Date.now() + patienceMs;
  let known = seen;
  while (known.state === 'counting' && Date.now() < giveUpAt) {
    await delay(PAUSE_MS);
    known = (await readMajority<ListingClickRecord>(models.listingClicks, seen._id)) ?? known;
  }
  return known;
}

/** Whoever began is gone: the click is somebody else's now, with places of its own. */
async function takeOver(models: Models, left: ListingClickRecord, owner: string): Promise<ClickResult> {
  const taken = await untilAnswered(() =>
    clicksOf(models).updateOne({ _id: left._id, state: 'counting', owner: left.owner }, { $set: { owner } }),
  );
  if (taken.matchedCount > 0) await releasePlaces(models.caps, left.places, holderOf(left), 'not_sent');
  const found = await readMajority<ListingClickRecord>(models.listingClicks, left._id);
  if (found?.owner === owner && found.state === 'counting') return decide(models, found);
  return found?.state === 'counted' ? 'repeated' : 'refused';
}

/** Takes its places in the caps, and thereby decides whether it counts. */
async function decide(models: Models, click: ListingClickRecord): Promise<ClickResult> {
  if (click.state === 'counting') {
    const { _id, owner, places } = click;
    const { ok } = await reservePlaces(models.caps, places, holderOf(click));
    const state = ok ? ('counted' as const) : ('refused' as const);
    const change = ok ? { $set: { state } } : { $set: { state }, $unset: { open: true as const } };
    await untilAnswered(() => clicksOf(models).updateOne({ _id, owner, state: 'counting' }, change));
    const found = await readMajority<ListingClickRecord>(models.listingClicks, _id);
    // It was taken over meanwhile: what was reserved here is nobody's.
    if (found?.owner !== owner) {
      await releasePlaces(models.caps, places, holderOf(click), 'not_sent');
      return found?.state === 'counted' ? 'repeated' : 'refused';
    }
    if (!ok) return 'refused';
  }
  await finishClick(models, click);
  return 'counted';
}

/** Writes down what a counted click is worth; every step may be repeated. */
export async function finishClick(models: Models, click: ListingClickRecord): Promise<void> {
  if (click.mode === 'test') return;
  await insertOnce<LedgerRecord>(models.ledger, rowOf(click));
  await settlePlaces(models.caps, click.places, holderOf(click), click.price);
  await untilAnswered(() => clicksOf(models).updateOne({ _id: click._id }, { $unset: { open: true } }));
}

/** What a click enters in the ledger: what the network owes, and what the seller gets of it. */
export function rowOf(click: ListingClickRecord): LedgerRecord {
  const { _id, lead, campaign, source, seller, listing, network, price, payout, at } = click;
  return {
    _id: `${_id}:click`,
    kind: 'click',
    ...(lead === undefined ? {} : { lead }),
    ...{ campaign, source, seller, integration: listing, network },
    ...{ amount: price, payout, at },
  };
}

function clickOf(offer: ListingOfferRecord, places: CapPlace[]): ListingClickRecord {
  const { _id, campaign, seller, source, mode, lead, listing, network, price, payout } = offer;
  return {
    _id: offer.click,
    offer: _id,
    ...{ campaign, seller, source, mode, listing, network, price },
    ...(lead === undefined ? {} : { lead }),
    payout: payout ? payoutOf(payout, price) : 0,
    state: places.length > 0 ? 'counting' : 'counted',
    owner: randomUUID(),
    places,
    ...(mode === 'live' ? { open: true as const } : {}),
    repeats: 0,
    at: new Date(),
  };
}

/** The cap windows that a click counts in now; what counts leads sent was counted when the network was asked. */
function placesFor({ config }: ClickDeps, { listing, mode, source, zone, price }: ListingOfferRecord): CapPlace[] {
  if (mode === 'test') return [];
  const filters = config.live().integrations.get(listing)?.filters;
  const windows = filters?.capWindows(new Date(), { source, zone: () => zone }) ?? [];
  return windows
    .filter(({ kind }) => kind !== 'sent')
    .map(({ id, kind, max }) => ({ window: id, kind, max, amount: kind === 'revenue' ? price : 1 }));
}

function holderOf({ _id, owner }: Pick<ListingClickRecord, '_id' | 'owner'>): string {
  return `${_id}|${owner}`;
}

function clicksOf({ listingClicks }: Pick<Models, 'listingClicks'>) {
  return native<ListingClickRecord>(listingClicks);
}
