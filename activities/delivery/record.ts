import { randomUUID } from 'node:crypto';
import type { ExchangeText } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { statesBefore, type DeliveryState } from '../../rules/delivery.ts';

type Deliveries = LeadModels['deliveries'];

export interface Change {
  set?: Partial<DeliveryRecord>;
  push?: { exchanges?: DeliveryRecord['exchanges'][number] };
  /** Further conditions of the compare-and-set, such as the owner. */
  only?: Partial<Pick<DeliveryRecord, 'owner' | 'attempt' | 'state'>>;
}

/**
 * Moves a delivery to another state if the transition table allows it from where it stands.
 *
 * @returns the record after the change, or undefined when it stands elsewhere. Its own earlier success, whose answer
 * was lost on the network, counts as done.
 */
export async function changeState(
  deliveries: Deliveries,
  id: string,
  to: DeliveryState,
  change: Change = {},
): Promise<DeliveryRecord | undefined> {
  const mark = randomUUID();
  const now = new Date();
  // A reason belongs to the state it came with.
  const update = {
    ...(change.set?.reason === undefined ? { $unset: { reason: '' } } : {}),
    $set: { ...change.set, state: to, changedAt: now, ...momentOf(to, now), mark },
    ...(change.push?.exchanges ? { $push: { exchanges: change.push.exchanges } } : {}),
  };
  const from = { _id: id, state: { $in: statesBefore(to) }, ...change.only };
  let attempts = 0;
  return untilAnswered(async () => {
    // Counted before anything can fail: an attempt whose answer was lost may have done it.
    const repeated = attempts++ > 0;
    const after = await native<DeliveryRecord>(deliveries).findOneAndUpdate(from as never, update as never, {
      returnDocument: 'after',
    });
    if (after) return after;
    return repeated ? await ownEarlierChange(deliveries, id, mark) : undefined;
  });
}

async function ownEarlierChange(deliveries: Deliveries, id: string, mark: string) {
  return (await deliveries.findOne({ _id: id, mark } as never).lean()) ?? undefined;
}

/** What is kept of a state after the next one. */
function momentOf(state: DeliveryState, now: Date): Partial<DeliveryRecord> {
  if (state === 'accepted') return { acceptedAt: now };
  return state === 'unknown' ? { doubtedAt: now } : {};
}

/** Keeps an answer that contradicts how the delivery settled: it is shown to an operator, never guessed about. */
export async function recordConflict(
  deliveries: Deliveries,
  id: string,
  conflict: DeliveryRecord['conflicts'][number],
): Promise<void> {
  await untilAnswered(() => deliveries.updateOne({ _id: id }, { $push: { conflicts: conflict } }));
}

/** Adds to a delivery's request log without touching what it came to. */
export async function keepExchange(deliveries: Deliveries, id: string, exchange: ExchangeText): Promise<void> {
  await untilAnswered(() => deliveries.updateOne({ _id: id }, { $push: { exchanges: exchange } }));
}

/** The rounds of a lead in order; they are numbered without gaps. */
export async function roundsOf(deliveries: Deliveries, lead: string, most = 64): Promise<DeliveryRecord[]> {
  const ids = Array.from({ length: most }, (_, index) => `${lead}:${index + 1}`);
  const found = await untilAnswered(() =>
    deliveries
      .find({ _id: { $in: ids } })
      .read('primary')
      .lean()
      .exec(),
  );
  return found.sort((a, b) => a.round - b.round);
}
