import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { releasePlaces, reservePlaces, returnPlaces, settlePlaces } from '../../activities/delivery/caps.ts';
import type { CapPlace } from '../../models/delivery.ts';
import { createLeadModels, type LeadModels } from '../../models/models.ts';
import { openTestDatabase, type TestDatabase } from '../config/database.ts';

/** What becomes of a delivery that found its places. */
type Ending = 'accepted' | 'rejected' | 'not_sent' | 'returned' | 'open';

describe('caps: no overshoot', () => {
  let database: TestDatabase;
  let caps: LeadModels['caps'];
  before(async () => {
    database = await openTestDatabase('overshoot');
    caps = createLeadModels(database.connection).caps;
  });
  after(() => database.drop());

  const kinds = ['accepted', 'sent', 'revenue'] as const;
  const delivery = fc.record({
    /** Which of the windows it counts in. */
    in: fc.subarray([0, 1, 2], { minLength: 1 }),
    price: fc.integer({ min: 1, max: 6 }),
    ending: fc.constantFrom<Ending>('accepted', 'rejected', 'not_sent', 'returned', 'open'),
    /** How often each of its steps is repeated. */
    repeats: fc.integer({ min: 1, max: 2 }),
  });
  const maxima = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 12 }),
  );

  it('whatever races, ends, and is repeated; and every counter is what its deliveries hold', async () => {
    await fc.assert(
      fc.asyncProperty(maxima, fc.array(delivery, { minLength: 1, maxLength: 12 }), async (max, deliveries) => {
        const run = randomUUID();
        const placesOf = ({ in: chosen, price }: (typeof deliveries)[number]): CapPlace[] =>
          chosen.map((at) => ({
            window: `${run}:${kinds[at]}`,
            kind: kinds[at]!,
            max: max[at]!,
            amount: kinds[at] === 'revenue' ? price : 1,
          }));
        const won = await Promise.all(
          deliveries.map(async (one, nth) => {
            const id = `${run}:${nth}`;
            const places = placesOf(one);
            let taken = false;
            for (let time = 0; time < one.repeats; time++) taken = (await reservePlaces(caps, places, id)).ok;
            if (!taken) return { one, taken };
            for (let time = 0; time < one.repeats; time++) await end(one.ending, places, id, one.price);
            return { one, taken };
          }),
        );
        for (const [at, kind] of kinds.entries()) {
          const found = await caps.findById(`${run}:${kind}`).lean();
          const n = found?.n ?? 0;
          assert.ok(n >= 0 && n <= max[at]!, `${kind}: ${n} of ${max[at]}`);
          const held = won
            .filter(({ one, taken }) => taken && one.in.includes(at) && keeps(one.ending, kind))
            .reduce((sum, { one }) => sum + (kind === 'revenue' ? one.price : 1), 0);
          assert.equal(n, held, kind);
          const open = won.filter(({ one, taken }) => taken && one.in.includes(at) && one.ending === 'open').length;
          assert.equal(found?.open.length ?? 0, open);
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }).timeout(120_000);

  async function end(ending: Ending, places: readonly CapPlace[], id: string, price: number): Promise<void> {
    if (ending === 'rejected' || ending === 'not_sent') return releasePlaces(caps, places, id, ending);
    if (ending === 'open') return;
    await settlePlaces(caps, places, id, price);
    if (ending === 'returned') await returnPlaces(caps, places, id, price);
  }

  /** Whether a place is still counted when its delivery has ended so. */
  function keeps(ending: Ending, kind: CapPlace['kind']): boolean {
    if (ending === 'accepted' || ending === 'open') return true;
    return kind === 'sent' && ending !== 'not_sent';
  }
});
