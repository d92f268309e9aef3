import assert from 'node:assert/strict';
import { createLogger } from '../../log/logger.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { createSweeper } from '../../server/sweeper.ts';
import { createCaller, storeDelivery, storeLead, type Caller } from '../delivery/caller.ts';
import { createDeployment, type Deployment } from './deployment.ts';

describe('places that a dead node left open', () => {
  let deployment: Deployment;
  let caller: Caller;
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'] });
    caller = await createCaller(deployment);
  });
  after(async () => {
    await caller.stop();
    await deployment.stop();
  });

  const MINUTE = 60_000;
  async function leftOpen(state: DeliveryRecord['state'], ageMs: number) {
    const lead = await storeLead(caller);
    const window = `window:${lead._id}`;
    const places = [{ window, kind: 'accepted' as const, max: 5, amount: 1 }];
    const changedAt = new Date(Date.now() - ageMs);
    const { _id } = await storeDelivery(caller, lead, 'alpha', { state, places, changedAt });
    await caller.models.caps.collection.insertOne({ _id: window as never, n: 1, open: [_id] });
    await createSweeper({ models: caller.models, log: createLogger('fatal', 'test'), clockSkewMs: 0 }).sweep();
    const found = await caller.models.caps.findById(window).lean();
    const delivery = await caller.models.deliveries.findById(_id).lean();
    const sales = await caller.models.ledger.countDocuments({ delivery: _id });
    return [delivery?.state, found?.n, found?.open.length, sales];
  }

  it('are given back when the delivery never got past reserving', async () => {
    assert.deepEqual(await leftOpen('reserving', 2 * MINUTE), ['not_sent', 0, 0, 0]);
  });
  it('are given back after a no, and settled with the ledger after an accept', async () => {
    assert.deepEqual(await leftOpen('rejected', 2 * MINUTE), ['rejected', 0, 0, 0]);
    assert.deepEqual(await leftOpen('accepted', 2 * MINUTE), ['accepted', 1, 0, 1]);
  });
  it('are kept while the delivery may still be in progress, and while nobody knows', async () => {
    assert.deepEqual(await leftOpen('reserving', 1000), ['reserving', 1, 1, 0]);
    assert.deepEqual(await leftOpen('unknown', 2 * MINUTE), ['unknown', 1, 1, 0]);
  });
});
