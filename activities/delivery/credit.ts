import { randomUUID } from 'node:crypto';
import type { CompiledConfiguration } from '../../config/compile.ts';
import type { CapRecord } from '../../models/cap.ts';
import type { CapPlace, DeliveryRecord } from '../../models/delivery.ts';
import { insertFence, isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { accountOf, creditOf, type Credit, type CreditTerms } from '../../rules/billing.ts';
import type { Micros } from '../../rules/money.ts';

type Caps = Pick<LeadModels, 'caps'>;

/** The place that a post takes in its buyer's account; none for a buyer without billing. */
export function creditPlaces(
  { credit }: Pick<CompiledConfiguration, 'credit'>,
  buyer: string,
  price: Micros,
): CapPlace[] {
  const terms = credit.get(buyer);
  return terms ? [{ window: accountOf(buyer), kind: 'credit', max: terms.limit, amount: price }] : [];
}

/** Whether a delivery was paid from its buyer's account; its buyer may have got billing later. */
export function isOnAccount({ places }: Pick<DeliveryRecord, 'places'>): boolean {
  return places.some(({ kind }) => kind === 'credit');
}

/** How a buyer's account stands. What an alert on low credit goes by: `available`, or a `balance` below zero. */
export async function readCredit(
  { caps, deliveries }: Pick<LeadModels, 'caps' | 'deliveries'>,
  buyer: string,
  terms: CreditTerms,
): Promise<Credit> {
  const account = await untilAnswered(() => native<CapRecord>(caps).findOne({ _id: accountOf(buyer) }));
  if (!account) return creditOf(terms, 0, 0);
  return creditOf(terms, account.n, await reservedIn({ deliveries }, account));
}

/** What the deliveries that hold a place in an account have reserved. */
export async function reservedIn(
  { deliveries }: Pick<LeadModels, 'deliveries'>,
  { _id, open }: Pick<CapRecord, '_id' | 'open'>,
): Promise<Micros> {
  if (open.length === 0) return 0;
  const found = await untilAnswered(() =>
    native<DeliveryRecord>(deliveries)
      .find({ _id: { $in: [...open] } }, { projection: { places: 1 } })
      .toArray(),
  );
  const places = found.flatMap((delivery) => delivery.places.filter(({ window }) => window === _id));
  return places.reduce((sum, { amount }) => sum + amount, 0);
}

/**
 * Enters a row in the ledger and in its buyer's account, once each: a return, a deposit, an adjustment. The call marks
 * the account first and names its mark in the row, so whoever finds the row there later, complete or not, brings what
 * is missing to an end, and nobody moves the account twice.
 *
 * @param row with a `mark` of the caller's own, it can tell by it whether the row that comes back is its own
 * @returns the row as it is in the ledger: of an earlier call, if there was one
 */
export async function enterOnAccount(
  { caps, ledger }: Pick<LeadModels, 'caps' | 'ledger'>,
  row: LedgerRecord & { buyer: string },
): Promise<LedgerRecord> {
  const found = await untilAnswered(() => native<LedgerRecord>(ledger).findOne({ _id: row._id }));
  const entry = found ?? (await enterMarked({ caps, ledger }, row));
  await moveAccount({ caps }, entry);
  return entry;
}

async function enterMarked(
  { caps, ledger }: Pick<LeadModels, 'caps' | 'ledger'>,
  row: LedgerRecord & { buyer: string },
): Promise<LedgerRecord> {
  const mine = { ...row, onAccount: true as const, mark: row.mark ?? randomUUID() };
  await markAccount({ caps }, mine);
  const fenced = await insertFence<LedgerRecord>(ledger, mine, (earlier) => earlier.mark === mine.mark);
  if (fenced.ours) return mine;
  await unmark({ caps }, mine, 0);
  return fenced.record;
}

/** Brings an entry to an end whose call may have died between the ledger and the account. */
export async function moveAccount(models: Caps, entry: LedgerRecord): Promise<boolean> {
  if (!entry.mark) return false;
  return unmark(models, entry, entry.amount);
}

async function markAccount({ caps }: Caps, { buyer = '', ...row }: LedgerRecord): Promise<void> {
  const account = { _id: accountOf(buyer), entering: { $ne: markOf(row) } };
  const add = { $push: { entering: markOf(row) }, $setOnInsert: { n: 0, open: [] } };
  // A duplicate key: a racer has just made the account, or the mark is there already.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await untilAnswered(() => native<CapRecord>(caps).updateOne(account as never, add as never, { upsert: true }));
      return;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

async function unmark({ caps }: Caps, { buyer = '', ...row }: LedgerRecord, change: Micros): Promise<boolean> {
  const result = await untilAnswered(() =>
    native<CapRecord>(caps).updateOne(
      { _id: accountOf(buyer), entering: markOf(row) } as never,
      { $inc: { n: change }, $pull: { entering: markOf(row) } } as never,
    ),
  );
  return result.modifiedCount > 0;
}

function markOf({ _id, mark = '' }: Pick<LedgerRecord, '_id' | 'mark'>): string {
  return `${_id}|${mark}`;
}
