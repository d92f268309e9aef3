import type { DeliveryRecord } from '../../models/delivery.ts';
import { isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { DeliveryState } from '../../rules/delivery.ts';
import type { Micros } from '../../rules/money.ts';
import type { ActivityDeps } from '../deps.ts';
import { releasePlaces, settlePlaces } from './caps.ts';
import { changeState, recordConflict } from './record.ts';

/** An answer to a post, or a decision about it made later. */
export interface Settlement {
  state: Extract<DeliveryState, 'accepted' | 'rejected' | 'pending' | 'not_sent'>;
  /** Final price; absent: the bid stands. */
  price?: Micros;
  reason?: string;
  buyerReason?: string;
  buyerLeadId?: string;
  redirectUrl?: string;
  captured?: Record<string, unknown>;
}

/**
 * Carries out what follows from a delivery's final state: caps, then the ledger. Runs on every accept and every no,
 * also when a re-run finds one; each step is idempotent by id, so repeating it is harmless.
 */
export async function settleDelivery(models: LeadModels, delivery: DeliveryRecord): Promise<void> {
  if (delivery.mode === 'test') return;
  if (delivery.state === 'rejected' || delivery.state === 'not_sent') {
    await releasePlaces(models.caps, delivery.places, delivery._id, delivery.state);
  } else if (delivery.state === 'accepted') {
    const price = delivery.price ?? delivery.bid.price;
    await Promise.all([
      settlePlaces(models.caps, delivery.places, delivery._id, price),
      enterSale(models.ledger, delivery, price),
    ]);
  }
}

async function enterSale(ledger: LeadModels['ledger'], delivery: DeliveryRecord, amount: Micros): Promise<void> {
  const { lead, campaign, source, seller, buyer, integration } = delivery;
  const row = { kind: 'sale' as const, lead, delivery: delivery._id, campaign, source, seller, buyer, integration };
  try {
    await untilAnswered(() =>
      native<LedgerRecord>(ledger).insertOne({ _id: `${delivery._id}:sale`, ...row, amount, at: delivery.changedAt }),
    );
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Applies an answer to a delivery and everything that follows from it. Undefined: it had settled otherwise. */
export async function applySettlement(
  models: LeadModels,
  id: string,
  { state, ...answer }: Settlement,
  change: Parameters<typeof changeState>[3] = {},
): Promise<DeliveryRecord | undefined> {
  const set = { ...change.set, ...withoutUndefined(answer) };
  const delivery = await changeState(models.deliveries, id, state, { ...change, set });
  if (delivery) await settleDelivery(models, delivery);
  return delivery;
}

/**
 * Settles a delivery from outside its lead's own run: an answer that came late, an operator, a buyer's postback or a
 * deadline. The lead's turn is counted up so that a conclusion made meanwhile does not hold, and its continuation is
 * started or woken.
 *
 * @returns `conflict` when the delivery had settled otherwise; the contradiction is kept in its record.
 */
export async function settleLate(
  deps: Pick<ActivityDeps, 'models' | 'kick' | 'observer'>,
  id: string,
  settlement: Settlement,
  by: string,
): Promise<'settled' | 'already' | 'conflict' | 'unknown_delivery'> {
  const { models } = deps;
  const lead = id.slice(0, id.lastIndexOf(':'));
  const row = { _id: `resume:${lead}`, kind: 'resume' as const, lead, at: new Date() };
  await untilAnswered(() => models.outbox.updateOne({ _id: row._id }, { $set: row }, { upsert: true }));
  const delivery = await applySettlement(models, id, settlement);
  if (!delivery) {
    const found = await untilAnswered(() => models.deliveries.findById(id).lean().exec());
    if (!found) return 'unknown_delivery';
    if (found.state === settlement.state && samePrice(found, settlement)) return 'already';
    const { state, price } = settlement;
    const conflict = { at: new Date(), state, by, ...(price === undefined ? {} : { price }) };
    await recordConflict(models.deliveries, id, conflict);
    deps.observer.conflict(id);
    return 'conflict';
  }
  await untilAnswered(() => models.leads.updateOne({ _id: lead }, { $inc: { turn: 1 } }));
  deps.kick([row]);
  return 'settled';
}

function samePrice(found: DeliveryRecord, { state, price }: Settlement): boolean {
  return state !== 'accepted' || price === undefined || price === (found.price ?? found.bid.price);
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
