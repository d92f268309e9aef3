import assert from 'node:assert/strict';
import { concludeLead, summarise } from '../../activities/conclude.ts';
import { changeState } from '../../activities/delivery/record.ts';
import { settleDelivery, settleLate } from '../../activities/delivery/settle.ts';
import type { LeadStep } from '../../activities/steps.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { crmIntegration } from '../leads/campaign-file.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { createCaller, storeDelivery, storeLead, type Caller } from './caller.ts';

const NO_BUYER = { outcome: 'rejected', reason: 'no_bid' } as const;

describe('settling', () => {
  let deployment: Deployment;
  let caller: Caller;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      more: (base) => [crmIntegration(base)],
    });
    caller = await createCaller(deployment);
  });
  after(async () => {
    await caller.stop();
    await deployment.stop();
  });

  const leadOf = async (id: string) => (await caller.models.leads.findById(id).lean())!;
  const rowsOf = async (lead: string) => (await caller.models.outbox.find({ lead }).lean()).map(({ kind }) => kind);
  const amounts = async (lead: string) =>
    (await caller.models.ledger.find({ lead }).lean()).map(({ amount }) => amount);
  const stepOf = (lead: LeadRecord, ...played: DeliveryRecord[]): LeadStep => ({
    transactionId: lead._id,
    auction: 1,
    rounds: played.map(summarise),
    turn: lead.turn,
    next: 'offer',
  });
  const conclude = async (lead: LeadRecord, step: LeadStep) =>
    concludeLead(caller.deps, lead, (await caller.subject(lead)).campaign, step, NO_BUYER, {
      auction: { captured: {} },
    });

  it('an accept enters the ledger once, at the price accepted, however often it is done (I6)', async () => {
    const lead = await storeLead(caller);
    const delivery = await storeDelivery(caller, lead, 'alpha', { state: 'accepted', price: 7_500_000 });
    for (const _ of [1, 2, 3]) await settleDelivery(caller.models, delivery);
    assert.deepEqual(await amounts(lead._id), [7_500_000]);
  });

  it('is final: no other answer changes it', async () => {
    const lead = await storeLead(caller);
    for (const [round, state] of (['accepted', 'rejected', 'not_sent'] as const).entries()) {
      const { _id } = await storeDelivery(caller, lead, 'alpha', { round: round + 1, state });
      for (const to of ['sending', 'unknown', 'pending', 'accepted', 'rejected', 'not_sent'] as const) {
        assert.equal(await changeState(caller.models.deliveries, _id, to), undefined, `${state} became ${to}`);
      }
    }
  });

  it('is left to the attempt that another node has begun meanwhile (I2)', async () => {
    const lead = await storeLead(caller);
    const { _id, owner } = await storeDelivery(caller, lead, 'alpha', { state: 'unknown' });
    const no = { state: 'rejected', reason: 'not_sent' } as const;
    const mine = { owner, attempt: 1, state: 'unknown' as const };
    await caller.models.deliveries.updateOne({ _id }, { owner: 'another', attempt: 2 });
    assert.equal(await settleLate(caller.deps, _id, no, owner, mine), 'already');
    const left = await caller.models.deliveries.findById(_id).lean();
    assert.deepEqual([left?.state, left?.attempt, left?.conflicts], ['unknown', 2, []]);
    assert.equal((await leadOf(lead._id)).turn, lead.turn);
    await caller.models.deliveries.updateOne({ _id }, { owner, attempt: 1 });
    assert.equal(await settleLate(caller.deps, _id, no, owner, mine), 'settled');
  });

  it('a lead as sold takes the price accepted, and its work is in the outbox before anything starts it', async () => {
    const lead = await storeLead(caller);
    const delivery = await storeDelivery(caller, lead, 'alpha', { state: 'accepted', price: 7_500_000 });
    const step = await conclude(lead, stepOf(lead, delivery));
    assert.deepEqual([step.outcome, step.buyers], ['sold', ['buy_alpha']]);
    const { outcome, sales } = await leadOf(lead._id);
    assert.deepEqual([outcome, sales.map(({ price }) => price)], ['sold', [7_500_000]]);
    assert.deepEqual(await rowsOf(lead._id), ['follow_up']);
  });

  it('a lead as unknown leaves its continuation in the outbox', async () => {
    const lead = await storeLead(caller);
    const step = await conclude(lead, stepOf(lead, await storeDelivery(caller, lead, 'alpha', { state: 'unknown' })));
    assert.deepEqual([step.outcome, await rowsOf(lead._id)], ['unknown', ['resume']]);
  });

  it('from outside makes a conclusion that was drawn before it void', async () => {
    const lead = await storeLead(caller);
    const delivery = await storeDelivery(caller, lead, 'alpha', { state: 'unknown' });
    const drawn = stepOf(lead, delivery);
    assert.equal(await settleLate(caller.deps, delivery._id, { state: 'rejected' }, 'postback'), 'settled');
    const refreshed = await conclude(lead, drawn);
    assert.deepEqual(
      [refreshed.next, refreshed.turn, refreshed.rounds.map(({ state }) => state)],
      ['offer', 1, ['rejected']],
    );
    assert.equal((await leadOf(lead._id)).state, 'received');
    assert.deepEqual(await rowsOf(lead._id), ['resume']);
  });

  it('a lead again does not change a final outcome', async () => {
    const lead = await storeLead(caller);
    const sold = await storeDelivery(caller, lead, 'alpha', { state: 'accepted', price: 7_500_000 });
    await conclude(lead, stepOf(lead, sold));
    const again = await conclude(lead, stepOf(lead));
    assert.deepEqual([again.next, again.outcome, again.buyers], ['end', 'sold', ['buy_alpha']]);
    assert.equal((await leadOf(lead._id)).outcome, 'sold');
  });

  it('from outside twice at different prices is a conflict that changes nothing (I6)', async () => {
    const lead = await storeLead(caller);
    const { _id } = await storeDelivery(caller, lead, 'alpha', { state: 'unknown' });
    const settle = (price: number) => settleLate(caller.deps, _id, { state: 'accepted', price }, 'postback');
    assert.deepEqual(
      [await settle(5_000_000), await settle(5_000_000), await settle(6_000_000)],
      ['settled', 'already', 'conflict'],
    );
    assert.deepEqual(await amounts(lead._id), [5_000_000]);
    assert.equal((await caller.models.deliveries.findById(_id).lean())?.conflicts.length, 1);
  });
});
