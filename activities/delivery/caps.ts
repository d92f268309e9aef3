import { isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { CapRecord } from '../../models/cap.ts';
import type { CapPlace } from '../../models/delivery.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';

type Caps = LeadModels['caps'];

export type Reservation = { ok: true } | { ok: false; full: CapPlace };

/**
 * Takes a place in every window, or in none. Every step may be repeated: a delivery that already holds its place is
 * not counted twice, so a retry after a lost answer is harmless.
 */
export async function reservePlaces(caps: Caps, places: readonly CapPlace[], delivery: string): Promise<Reservation> {
  const taken: CapPlace[] = [];
  for (const place of places) {
    if (await reservePlace(caps, place, delivery)) {
      taken.push(place);
      continue;
    }
    await releasePlaces(caps, taken, delivery, 'not_sent');
    return { ok: false, full: place };
  }
  return { ok: true };
}

async function reservePlace(caps: Caps, place: CapPlace, delivery: string): Promise<boolean> {
  const free = { _id: place.window, n: { $lte: place.max - place.amount }, open: { $ne: delivery } };
  const take = { $inc: { n: place.amount }, $push: { open: delivery } };
  // A duplicate key on the upsert does not mean full: the window may have been made by a racer, so it is tried again.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const result = await untilAnswered(() =>
        native<CapRecord>(caps).updateOne(free as never, take as never, { upsert: place.max >= place.amount }),
      );
      if (result.matchedCount + result.upsertedCount > 0) return true;
      break;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
  const window = await untilAnswered(() => native<CapRecord>(caps).findOne({ _id: place.window }));
  return window?.open.includes(delivery) ?? false;
}

/**
 * Gives places back after a definite no. A place that counts leads sent is kept when the lead was sent.
 * Acts only where the window still holds the delivery, so repeating it is harmless.
 */
export async function releasePlaces(
  caps: Caps,
  places: readonly CapPlace[],
  delivery: string,
  after: 'rejected' | 'not_sent',
): Promise<void> {
  await Promise.all(
    places.map((place) => {
      const kept = after === 'rejected' && place.kind === 'sent';
      return closePlace(caps, place, delivery, kept ? 0 : -place.amount);
    }),
  );
}

/** Makes the places of an accepted delivery final; a budget then counts what the buyer accepted to pay. */
export async function settlePlaces(
  caps: Caps,
  places: readonly CapPlace[],
  delivery: string,
  price: number,
): Promise<void> {
  await Promise.all(
    places.map((place) => closePlace(caps, place, delivery, isMoney(place) ? price - place.amount : 0)),
  );
}

/**
 * Gives the places of a returned delivery back, once they are settled: what counts leads accepted, or what is paid for
 * them, has room again; the lead was sent all the same.
 */
export async function returnPlaces(
  caps: Caps,
  places: readonly CapPlace[],
  delivery: string,
  price: number,
): Promise<void> {
  // What was paid from an account comes back with the return's row in the ledger.
  const given = places.filter(({ kind }) => kind !== 'sent' && kind !== 'credit');
  await Promise.all(
    given.map(({ window, kind }) =>
      untilAnswered(() =>
        native<CapRecord>(caps).updateOne(
          { _id: window, open: { $ne: delivery }, returned: { $ne: delivery } } as never,
          { $inc: { n: kind === 'revenue' ? -price : -1 }, $push: { returned: delivery } } as never,
        ),
      ),
    ),
  );
}

function isMoney({ kind }: CapPlace): boolean {
  return kind === 'revenue' || kind === 'credit';
}

async function closePlace(caps: Caps, place: CapPlace, delivery: string, change: number): Promise<void> {
  await untilAnswered(() =>
    native<CapRecord>(caps).updateOne(
      { _id: place.window, open: delivery },
      { $inc: { n: change }, $pull: { open: delivery } },
    ),
  );
}
