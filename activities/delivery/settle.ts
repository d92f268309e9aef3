import { releaseBuyerClaim } from '../../models/buyer-claim.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { insertOnce, untilAnswered } from '../../models/fence.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { statesBefore, wasSold, type DeliveryState } from '../../rules/delivery.ts';
import type { Micros } from '../../rules/money.ts';
import { putRow, resumeRow } from '../../models/outbox.ts';
import { clawbackOf, payoutOf } from '../../rules/payout.ts';
import type { ActivityDeps } from '../deps.ts';
import { releasePlaces, returnPlaces, settlePlaces } from './caps.ts';
import { enterOnAccount, isOnAccount } from './credit.ts';
import { changeState, recordConflict, type Change } from './record.ts';

/** Contradictions kept of one delivery: enough to see what went wrong. */
const MOST_CONFLICTS = 20;

/** An answer to a post, or a decision about it made later. */
export interface Settlement {
  state: Extract<DeliveryState, 'accepted' | 'rejected' | 'pending' | 'not_sent' | 'returned'>;
  /** Final price; absent: the bid stands. */
  price?: Micros;
  reason?: string;
  buyerReason?: string;
  buyerLeadId?: string;
  redirectUrl?: string;
  captured?: Record<string, unknown>;
  /** pending: when it settles by itself. */
  settleBy?: Date;
}

/**
 * Carries out what follows from a delivery's final state: caps, then the ledger. Runs on every accept, no and return,
 * also when a re-run finds one; each step is idempotent by id, so repeating it is harmless.
 */
export async function settleDelivery(models: LeadModels, delivery: DeliveryRecord): Promise<void> {
  if (delivery.mode === 'test') return;
  if (delivery.state === 'rejected' || delivery.state === 'not_sent') {
    await releasePlaces(models.caps, delivery.places, delivery._id, delivery.state);
    if (delivery.claim) await releaseBuyerClaim(models.buyerClaims, delivery.claim._id, delivery._id);
  } else if (delivery.state === 'accepted' || delivery.state === 'returned') {
    const price = delivery.price ?? delivery.bid.price;
    await Promise.all([
      settlePlaces(models.caps, delivery.places, delivery._id, price),
      enterSale(models, delivery, price),
    ]);
    if (delivery.state === 'accepted') return;
    await Promise.all([
      returnPlaces(models.caps, delivery.places, delivery._id, price),
      enterReturn(models, delivery, price),
    ]);
  }
}

async function enterSale({ ledger }: LeadModels, delivery: DeliveryRecord, price: Micros): Promise<void> {
  const at = delivery.acceptedAt ?? delivery.changedAt;
  const amounts = { amount: price, payout: payoutOf(delivery.payout, price) };
  await insertOnce<LedgerRecord>(ledger, { ...rowOf(delivery, 'sale'), ...amounts, at });
}

/** Takes a sale back: the same amounts, negative, but for a payout that its seller keeps. */
async function enterReturn(models: LeadModels, delivery: DeliveryRecord, price: Micros): Promise<void> {
  const amounts = { amount: 0 - price, payout: 0 - clawbackOf(delivery.payout, price) };
  const row = { ...rowOf(delivery, 'return'), ...amounts, at: delivery.changedAt };
  if (isOnAccount(delivery)) await enterOnAccount(models, row);
  else await insertOnce<LedgerRecord>(models.ledger, row);
}

function rowOf(delivery: DeliveryRecord, kind: 'sale' | 'return') {
  const { lead, campaign, source, seller, buyer, integration } = delivery;
  return {
    _id: `${delivery._id}:${kind}`,
    ...{ kind, lead, delivery: delivery._id, campaign, source, seller, buyer, integration },
    ...(delivery.recovers || delivery.doubtedAt ? { recovered: true as const } : {}),
    ...(isOnAccount(delivery) ? { onAccount: true as const } : {}),
  };
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
 * @param only What has to hold still when it is settled; where it does not, somebody else settles the delivery.
 * @returns `conflict` when the delivery had settled otherwise; the contradiction is kept in its record.
 */
export async function settleLate(
  deps: Pick<ActivityDeps, 'models' | 'kick'> & { observer: Pick<ActivityDeps['observer'], 'conflict'> },
  id: string,
  settlement: Settlement,
  by: string,
  only?: Change['only'],
): Promise<'settled' | 'already' | 'conflict' | 'unknown_delivery'> {
  const { models } = deps;
  const lead = id.slice(0, id.lastIndexOf(':'));
  const before = await readDelivery(models, id);
  if (before && only && !holds(only, before)) return 'already';
  // What can change nothing wakes nobody, however often it is said.
  if (!before || !statesBefore(settlement.state).includes(before.state)) return compare(deps, before, settlement, by);
  const row = resumeRow(lead);
  await putRow(models.outbox, row);
  const delivery = await applySettlement(models, id, settlement, only ? { only } : {});
  if (!delivery) return only ? 'already' : compare(deps, await readDelivery(models, id), settlement, by);
  await untilAnswered(() => models.leads.updateOne({ _id: lead }, { $inc: { turn: 1 } }));
  deps.kick([row]);
  return 'settled';
}

function holds(only: NonNullable<Change['only']>, found: DeliveryRecord): boolean {
  return Object.entries(only).every(([field, value]) => found[field as keyof typeof only] === value);
}

function readDelivery({ deliveries }: LeadModels, id: string): Promise<DeliveryRecord | null> {
  return untilAnswered(() => deliveries.findById(id).lean().exec());
}

/** How something that was said about a delivery, and did not settle it, goes with how it stands. */
async function compare(
  { models, observer }: Parameters<typeof settleLate>[0],
  found: DeliveryRecord | null,
  settlement: Settlement,
  by: string,
): Promise<'already' | 'conflict' | 'unknown_delivery'> {
  if (!found) return 'unknown_delivery';
  const { state, price } = settlement;
  if (found.state === state && samePrice(found, settlement)) {
    await addDetails(models, found, settlement);
    return 'already';
  }
  if (isOlderNews(found, settlement) && samePrice(found, settlement)) return 'already';
  const known = found.conflicts.some(
    (earlier) => earlier.state === state && earlier.by === by && earlier.price === price,
  );
  if (!known && found.conflicts.length < MOST_CONFLICTS) {
    const conflict = { at: new Date(), state, by, ...(price === undefined ? {} : { price }) };
    await recordConflict(models.deliveries, found._id, conflict);
    observer.conflict(found._id);
  }
  return 'conflict';
}

/** Two messages of one decision may each know something: a postback, and the answer to the post that it overtook. */
async function addDetails({ deliveries }: LeadModels, found: DeliveryRecord, settlement: Settlement): Promise<void> {
  const { buyerLeadId, redirectUrl, captured } = settlement;
  const known = withoutUndefined({ buyerLeadId, redirectUrl, captured });
  const details = Object.fromEntries(
    Object.entries(known).filter(([name]) => found[name as keyof typeof known] === undefined),
  );
  if (Object.keys(details).length === 0) return;
  await untilAnswered(() => deliveries.updateOne({ _id: found._id }, { $set: details }));
}

/** A message overtaken by a later one: "pending" by the decision, "accepted" by the return. */
function isOlderNews({ state }: DeliveryRecord, settlement: Settlement): boolean {
  if (settlement.state === 'accepted') return state === 'returned';
  return settlement.state === 'pending' && (wasSold(state) || state === 'rejected');
}

function samePrice(found: DeliveryRecord, { state, price }: Settlement): boolean {
  return state !== 'accepted' || price === undefined || price === (found.price ?? found.bid.price);
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
