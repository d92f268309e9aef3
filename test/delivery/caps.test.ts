import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { releasePlaces, reservePlaces, settlePlaces } from '../../activities/delivery/caps.ts';
import type { CapPlace } from '../../models/delivery.ts';
import { createLeadModels, type LeadModels } from '../../models/models.ts';
import { openTestDatabase, type TestDatabase } from '../config/database.ts';

describe('places in caps', () => {
  let database: TestDatabase;
  let caps: LeadModels['caps'];
  before(async () => {
    database = await openTestDatabase('caps');
    caps = createLeadModels(database.connection).caps;
  });
  after(() => database.drop());

  const place = (changes: Partial<CapPlace> = {}): CapPlace => ({
    window: `window:${randomUUID()}`,
    kind: 'accepted',
    max: 1,
    amount: 1,
    ...changes,
  });
  const held = async ({ window }: CapPlace) => {
    const found = await caps.findById(window).lean();
    return [found?.n ?? 0, found?.open ?? []];
  };

  it('are as many as the maximum, however many race for a window that nobody has made yet (I5)', async () => {
    const last = place({ max: 3 });
    const racing = Array.from({ length: 20 }, (_, index) => reservePlaces(caps, [last], `lead:${index}`));
    const won = (await Promise.all(racing)).filter(({ ok }) => ok);
    assert.equal(won.length, 3);
    assert.equal((await held(last))[0], 3);
  });

  it('are there for everybody when there are enough, racing or not', async () => {
    const plenty = place({ max: 100 });
    const racing = Array.from({ length: 20 }, (_, index) => reservePlaces(caps, [plenty], `lead:${index}`));
    assert.ok((await Promise.all(racing)).every(({ ok }) => ok));
    assert.equal((await held(plenty))[0], 20);
  });

  it('are there in a window that a racer has just made: that it is a duplicate key does not mean full', async () => {
    const plenty = place({ max: 100 });
    let raced = false;
    const updateOne = async (...update: Parameters<typeof caps.collection.updateOne>) => {
      if (raced) return caps.collection.updateOne(...update);
      raced = true;
      await reservePlaces(caps, [plenty], 'racer');
      throw Object.assign(new Error('E11000 duplicate key'), { code: 11000 });
    };
    const collection = { updateOne, findOne: caps.collection.findOne.bind(caps.collection) };
    assert.deepEqual(await reservePlaces({ collection } as unknown as typeof caps, [plenty], 'lead:1'), { ok: true });
    assert.deepEqual(await held(plenty), [2, ['racer', 'lead:1']]);
  });

  it('are counted once for a delivery, however often it reserves', async () => {
    const one = place({ max: 5 });
    for (const _ of [1, 2, 3]) assert.deepEqual(await reservePlaces(caps, [one], 'lead:1'), { ok: true });
    assert.deepEqual(await held(one), [1, ['lead:1']]);
  });

  it('are still its own when the window has become full meanwhile', async () => {
    const one = place();
    for (const _ of [1, 2]) assert.deepEqual(await reservePlaces(caps, [one], 'lead:1'), { ok: true });
    assert.deepEqual(await reservePlaces(caps, [one], 'lead:2'), { ok: false, full: one });
  });

  it('are taken in every window or in none', async () => {
    const [free, full] = [place({ max: 9 }), place()];
    await reservePlaces(caps, [full], 'lead:1');
    assert.deepEqual(await reservePlaces(caps, [free, full], 'lead:2'), { ok: false, full });
    assert.deepEqual(
      [await held(free), await held(full)],
      [
        [0, []],
        [1, ['lead:1']],
      ],
    );
  });

  it('are given back once, however often that is done', async () => {
    const one = place({ max: 5 });
    for (const delivery of ['lead:1', 'lead:2']) await reservePlaces(caps, [one], delivery);
    for (const _ of [1, 2]) await releasePlaces(caps, [one], 'lead:1', 'rejected');
    assert.deepEqual(await held(one), [1, ['lead:2']]);
  });

  it('that count leads sent are kept after a reject, and given back when nothing was sent', async () => {
    const sent = place({ kind: 'sent', max: 5 });
    for (const delivery of ['lead:1', 'lead:2']) await reservePlaces(caps, [sent], delivery);
    await releasePlaces(caps, [sent], 'lead:1', 'rejected');
    await releasePlaces(caps, [sent], 'lead:2', 'not_sent');
    assert.deepEqual(await held(sent), [1, []]);
  });

  it('in a budget end at the price accepted, once, and a budget has no room for more than is left', async () => {
    const budget = place({ kind: 'revenue', max: 10_000_000, amount: 6_000_000 });
    await reservePlaces(caps, [budget], 'lead:1');
    assert.equal((await reservePlaces(caps, [budget], 'lead:2')).ok, false);
    for (const _ of [1, 2]) await settlePlaces(caps, [budget], 'lead:1', 4_000_000);
    assert.deepEqual(await held(budget), [4_000_000, []]);
    assert.equal((await reservePlaces(caps, [budget], 'lead:2')).ok, true);
  });

  it('are none where a single lead is more than the maximum', async () => {
    const none = place({ kind: 'revenue', max: 5, amount: 6 });
    assert.equal((await reservePlaces(caps, [none], 'lead:1')).ok, false);
    assert.equal((await held(none))[0], 0);
  });
});
