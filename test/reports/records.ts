import { randomBytes } from 'node:crypto';
import { enterRevenue } from '../../activities/event/enter-revenue.ts';
import type { ClickRecord } from '../../models/click.ts';
import { connectMongo } from '../../models/connection.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { EventRecord } from '../../models/event.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import { createLeadModels, ensureLeadIndexes, type LeadModels } from '../../models/models.ts';
import type { Mode } from '../../models/origin.ts';
import { newOfferId } from '../../rules/listing.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { mongodbUri } from '../config/database.ts';

/** One lead as a test tells it: when it came, what it cost, who bought it. Money in micro-dollars, costs in dollars. */
export interface Told {
  at: number;
  campaign: string;
  source: string;
  mode: Mode;
  tracking: Record<string, string | number>;
  click?: { tracking: Record<string, string | number>; device: 'mobile' | 'bot' };
  /** False: the click came to nothing. */
  lead: boolean;
  outcome?: 'sold' | 'rejected' | 'returned';
  posts: {
    buyer: string;
    state: 'accepted' | 'rejected' | 'unknown' | 'not_sent' | 'returned';
    price: number;
    payout: number;
    recovered?: true;
  }[];
  /** What happened after the lead or the visit; of one without either, nothing. */
  events?: { event: string; revenue?: number; verified: boolean }[];
  /** Offers of click networks that were shown, so many milliseconds later, and perhaps clicked. */
  shown?: { later: number; listing: string; network: string; clicked: boolean; price: number; payout: number }[];
}

export async function openLeadDatabase(about: string) {
  const name = `test_${about}_${randomBytes(4).toString('hex')}`;
  const connection = await connectMongo({ uri: mongodbUri(), database: name });
  const models = createLeadModels(connection);
  await ensureLeadIndexes(models);
  return {
    models,
    /** Forgets everything: what is left of earlier runs makes later ones slow. */
    async clear() {
      const { leads, clicks, deliveries, ledger, events, listingOffers } = models;
      const all = [leads, clicks, deliveries, ledger, events, listingOffers];
      await Promise.all(all.map((model) => model.collection.deleteMany({})));
    },
    async drop() {
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

/** Writes the records that these leads would have left, all of one seller. */
export async function store(models: LeadModels, seller: string, told: readonly Told[]): Promise<void> {
  const leads: (Omit<Partial<LeadRecord>, 'outcome'> & { outcome?: Told['outcome'] })[] = [];
  const clicks: ClickRecord[] = [];
  const deliveries: Partial<DeliveryRecord>[] = [];
  const ledger: LedgerRecord[] = [];
  const events: Partial<EventRecord>[] = [];
  const offers: Partial<ListingOfferRecord>[] = [];
  for (const one of told) {
    const { at, campaign, source, mode, tracking, click, lead, outcome, posts, events: after = [], shown = [] } = one;
    const _id = newTransactionId(at);
    const owned = { campaign, source, seller, mode };
    if (click) clicks.push({ _id, ...owned, at: new Date(at), ...click });
    for (const [index, { event, revenue, verified }] of lead || click ? after.entries() : []) {
      const paid = revenue === undefined ? {} : { revenue };
      const conversion = revenue !== undefined;
      const record = { _id: `${_id}:${event}:${index}`, lead: _id, ...owned, event, conversion, verified, ...paid };
      events.push(record);
      await enterRevenue(models, record as EventRecord);
    }
    for (const { later, clicked, price, payout, listing, network } of shown) {
      const when = new Date(at + later);
      const offer = newOfferId(when.getTime());
      const known = lead || click ? { lead: _id } : {};
      offers.push({ _id: offer, ...owned, ...known, listing, network, price, at: when });
      if (mode === 'test' || !clicked) continue;
      const { mode: _mode, ...whose } = owned;
      const row = { ...whose, ...known, integration: listing, network, amount: price, payout, at: when };
      ledger.push({ _id: `${offer}:click`, kind: 'click', ...row });
    }
    if (!lead) continue;
    leads.push({ _id, ...owned, tracking, ...(outcome ? { outcome } : {}), receivedAt: new Date(at) });
    for (const [index, { buyer, state, price, payout, recovered }] of posts.entries()) {
      const delivery = `${_id}:${index + 1}`;
      deliveries.push({ _id: delivery, lead: _id, ...owned, buyer, state, token: randomBytes(8).toString('hex') });
      if (mode === 'test' || (state !== 'accepted' && state !== 'returned')) continue;
      const { mode: _mode, ...sold } = owned;
      const row = {
        lead: _id,
        delivery,
        ...sold,
        buyer,
        integration: 'int_any',
        at: new Date(),
        ...(recovered ? { recovered } : {}),
      };
      ledger.push({ ...row, _id: `${delivery}:sale`, kind: 'sale', amount: price, payout });
      if (state !== 'returned') continue;
      ledger.push({ ...row, _id: `${delivery}:return`, kind: 'return' as never, amount: -price, payout: -payout });
    }
  }
  await write(models.leads, leads);
  await write(models.clicks, clicks);
  await write(models.deliveries, deliveries);
  await write(models.ledger, ledger);
  await write(models.events, events);
  await write(models.listingOffers, offers);
}

async function write(model: { collection: { insertMany(records: never[]): Promise<unknown> } }, records: unknown[]) {
  if (records.length > 0) await model.collection.insertMany(records as never[]);
}
