import assert from 'node:assert/strict';
import { concludeLead, summarise } from '../../activities/conclude.ts';
import { settleDelivery } from '../../activities/delivery/settle.ts';
import { openPostback } from '../../activities/postback/open.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadStep } from '../../activities/steps.ts';
import { createCaller, storeDelivery, storeLead, type Caller } from '../delivery/caller.ts';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const NO_BUYER = { outcome: 'rejected', reason: 'no_bid' } as const;

describe('what there is to tell a source', () => {
  let deployment: Deployment;
  let caller: Caller;
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({ buyers: ['alpha', 'beta'], auction: { maxBuyers: 2 } });
    const file = await deployment.store.export();
    const source = file.sources?.find(({ id }) => id === 'src_one');
    assert.ok(source);
    source.postbacks = [
      { id: 'main', on: ['sold', 'rejected', 'settled', 'returned'], request: { url: receiver.url } },
      { id: 'paused', on: ['sold'], paused: true, request: { url: receiver.url } },
      { id: 'elsewhere', on: ['sold'], campaigns: [], request: { url: receiver.url } },
    ];
    await deployment.apply(file);
    caller = await createCaller(deployment);
  });
  after(async () => {
    await caller.stop();
    await deployment.stop();
    await receiver.stop();
  });

  const stepOf = (lead: LeadRecord, ...played: DeliveryRecord[]): LeadStep => ({
    transactionId: lead._id,
    auction: 1,
    rounds: played.map(summarise),
    turn: lead.turn,
    next: 'offer',
  });
  const conclude = async (lead: LeadRecord, ...played: DeliveryRecord[]) =>
    concludeLead(caller.deps, lead, (await caller.subject(lead)).campaign, stepOf(lead, ...played), NO_BUYER, {
      auction: { captured: {} },
    });
  const leadOf = async (id: string) => (await caller.models.leads.findById(id).lean<LeadRecord>())!;
  const rowsOf = async (lead: string) =>
    (await caller.models.outbox.find({ lead, kind: 'postback' }).sort({ _id: 1 }).lean()).map(({ _id }) =>
      _id.slice(`postback:${lead}:`.length),
    );

  it('is in the outbox before the outcome, for the endpoints that want it', async () => {
    const lead = await storeLead(caller);
    await conclude(lead, await storeDelivery(caller, lead, 'alpha', { state: 'accepted' }));
    assert.deepEqual(await rowsOf(lead._id), ['sold:src_one/main']);
    assert.deepEqual(Object.keys((await leadOf(lead._id)).told ?? {}), ['sold']);
  });

  it('is not told when its conclusion was void', async () => {
    const lead = await storeLead(caller);
    await caller.models.leads.updateOne({ _id: lead._id }, { $inc: { turn: 1 } });
    await conclude(lead);
    assert.deepEqual(await rowsOf(lead._id), ['rejected:src_one/main']);
    const [row] = await caller.models.outbox.find({ lead: lead._id, kind: 'postback' }).lean();
    assert.ok(row);
    assert.equal(await openPostback(caller.models, await leadOf(lead._id), row), undefined);
    assert.equal(await caller.models.postbacks.countDocuments({ lead: lead._id }), 0);
  });

  it('of a lead of two buyers is told sale by sale, settled when nothing is open, and each return', async () => {
    const lead = await storeLead(caller);
    const alpha = await storeDelivery(caller, lead, 'alpha', { state: 'accepted', price: 4_000_000 });
    const beta = await storeDelivery(caller, lead, 'beta', { round: 2, state: 'pending' });
    await conclude(lead, alpha, beta);
    assert.deepEqual([(await leadOf(lead._id)).open, await rowsOf(lead._id)], [true, ['sold:src_one/main']]);
    const set = (delivery: DeliveryRecord, state: DeliveryRecord['state']) =>
      caller.models.deliveries.updateOne({ _id: delivery._id }, { $set: { state, price: delivery.bid.price } });
    await set(beta, 'accepted');
    await conclude(lead, alpha, { ...beta, state: 'accepted' });
    await set(beta, 'returned');
    await conclude(lead, alpha, { ...beta, state: 'returned' });
    const { told = {}, outcome, reason } = await leadOf(lead._id);
    assert.deepEqual([outcome, reason], ['sold', 'sold']);
    assert.deepEqual(
      Object.entries(told).map(([name, { payout }]) => [name, payout]),
      [
        ['sold', 4_000_000],
        ['settled', 13_000_000],
        ['returned_2', 9_000_000],
      ],
    );
  });

  it('is told by the next node when the one that concluded is gone (I7)', async () => {
    const lead = await storeLead(caller);
    await conclude(lead, await storeDelivery(caller, lead, 'alpha', { state: 'accepted' }));
    // As old as if its node had died: rows of the living are left alone.
    await caller.models.outbox.updateMany({}, { $set: { at: new Date(Date.now() - 60_000) } });
    await deployment.start();
    const request = await eventually(async () =>
      receiver.received.find(({ headers }) => headers['webhook-id'] === `${lead._id}_sold`),
    );
    assert.equal((JSON.parse(request.body) as { type: string }).type, 'lead.sold');
    await eventually(async () => (await rowsOf(lead._id)).length === 0);
  });

  it('when a return is repeated gives the places back once and the ledger adds up (I5, I6)', async () => {
    const lead = await storeLead(caller);
    const places = [
      { window: 'w:count', kind: 'accepted' as const, max: 9, amount: 1 },
      { window: 'w:sent', kind: 'sent' as const, max: 9, amount: 1 },
      { window: 'w:money', kind: 'revenue' as const, max: 90_000_000, amount: 9_000_000 },
    ];
    const delivery = await storeDelivery(caller, lead, 'alpha', { state: 'returned', price: 7_000_000, places });
    // Returned before its accept was settled: a node died in between.
    for (const { window, amount } of places) {
      await caller.models.caps.collection.insertOne({ _id: window, n: amount + 1, open: [delivery._id] } as never);
    }
    for (const _ of [1, 2, 3]) await settleDelivery(caller.models, delivery);
    const windows = await caller.models.caps.find({ _id: /^w:/ }).sort({ _id: 1 }).lean();
    assert.deepEqual(
      windows.map(({ _id, n, open }) => [_id, n, open.length]),
      [
        ['w:count', 1, 0],
        ['w:money', 1, 0],
        ['w:sent', 2, 0],
      ],
    );
    const rows = await caller.models.ledger.find({ lead: lead._id }).lean();
    assert.deepEqual([rows.length, rows.reduce((sum, { amount }) => sum + amount, 0)], [2, 0]);
  });
});
