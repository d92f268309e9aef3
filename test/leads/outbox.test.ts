import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { acceptLead, startAndWait, type IngressDeps } from '../../server/ingress/accept-lead.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { createCaller, storeLead, type Caller } from '../delivery/caller.ts';
import { ingressThatStartsNothing } from './dead-node.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

describe('a lead whose workflow was not started', () => {
  let deployment: Deployment;
  let caller: Caller;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      auction: { deadlineMs: 500, pingTimeoutMs: 1000 },
      dedupe: { fields: ['phone'], withinDays: 1 },
    });
    caller = await createCaller(deployment);
  });
  after(async () => {
    await caller.stop();
    await deployment.stop();
  });

  async function takeIn(): Promise<string> {
    const body = aLead();
    const answer = await acceptLead(ingressThatStartsNothing(caller), {
      cid: 'cmp_test',
      key: { kind: 'seller', seller: 'sel_one', source: 'src_one', mode: 'live' } as never,
      raw: Buffer.from(JSON.stringify(body)),
      body,
      idempotencyKey: undefined,
    });
    assert.deepEqual([answer.status, answer.body['outcome']], [202, 'processing']);
    return String(answer.body['transaction_id']);
  }

  /** A node whose buyers want nothing. */
  function selling(ingress: IngressDeps) {
    const sold: string[] = [];
    ingress.beginSale = (lead) => {
      ingress.board.announce(lead, { outcome: 'rejected', reason: 'no_bid', sales: [] });
      sold.push(lead);
    };
    const sell = async () => startAndWait(ingress, await storeLead(caller), Date.now() + 60_000);
    return { sell, sold };
  }

  function letWait({ outbox }: IngressDeps, count: number): void {
    const others = { campaign: 'cmp_test', source: 'src_one', mode: 'live' } as const;
    for (let n = 0; n < count; n++) void outbox.startLead({ _id: `txn_${n}`, ...others });
  }

  it('is started by whichever node comes by, unless its claim was lost (I1)', async () => {
    const [lost, orphan] = [await takeIn(), await takeIn()];
    await caller.models.claims.updateOne({ lead: lost }, { lead: newTransactionId() });
    // A row whose lead may still be on its way is left alone.
    const early = newTransactionId();
    await caller.models.outbox.collection.insertOne({
      _id: `lead:${early}` as never,
      kind: 'lead',
      lead: early,
      at: new Date(Date.now() - 60_000),
    });
    await deployment.start();
    const outcomeOf = async (id: string) => (await caller.models.leads.findById(id).lean())?.outcome;
    await eventually(async () => (await outcomeOf(orphan)) === 'sold');
    await eventually(async () => (await outcomeOf(lost)) === 'duplicate');
    assert.deepEqual(Object.keys(deployment.buyers.accepted()), [orphan]);
    await eventually(async () => (await caller.models.outbox.countDocuments({ lead: { $ne: early } })) === 0);
    await storeLead(caller, { _id: early });
    await eventually(async () => (await outcomeOf(early)) === 'sold');
  });

  it('gets it though it was sold before its node died: operators find every lead', async () => {
    const id = await takeIn();
    const concluded = { state: 'concluded', outcome: 'rejected', reason: 'no_bid', concludedAt: new Date() };
    await caller.models.leads.updateOne({ _id: id }, concluded);
    const handle = deployment.client.workflow.getHandle(id);
    const result = (await eventually(() => handle.result().catch(() => undefined))) as { outcome: string };
    assert.equal(result.outcome, 'rejected');
    assert.equal(await caller.models.auctions.countDocuments({ lead: id }), 0, 'and nobody is asked');
  });

  it('keeps nobody waiting, until too many wait for theirs', async () => {
    let comesBack = () => {};
    const away = new Promise<never>((_resolve, reject) => (comesBack = () => reject(new Error('closed'))));
    const ingress = ingressThatStartsNothing(caller, () => away);
    const { sell, sold } = selling(ingress);
    assert.equal((await sell()).body['outcome'], 'rejected');
    letWait(ingress, 24);
    const order: string[] = [];
    const last = sell().then(() => order.push('answered'));
    await eventually(() => Promise.resolve(sold.length === 2));
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    order.push('back');
    comesBack();
    await last;
    assert.deepEqual(order, ['back', 'answered']);
  });

  it('then waits for the first of them, not for all before its own', async () => {
    let starts = 0;
    const starting = () => {
      starts++;
      return Promise.reject(new Error('Temporal is away'));
    };
    const ingress = ingressThatStartsNothing(caller, starting, false);
    letWait(ingress, 24);
    await selling(ingress).sell();
    assert.ok(starts > 0 && starts < 24, `${starts}`);
    await ingress.outbox.drain(Date.now() + 60_000);
  });

  it('holds no node up that is told to stop', async () => {
    const ingress = ingressThatStartsNothing(caller, () => new Promise<never>(() => {}));
    void ingress.outbox.startLead({ _id: 'txn_stuck', campaign: 'cmp_test', source: 'src_one', mode: 'live' });
    await ingress.outbox.drain(Date.now());
  });

  it('does not wait for one before it that cannot be started', async () => {
    // Longer than the id of a workflow may be.
    const stuck = await storeLead(caller, { _id: `txn_${'x'.repeat(1_200)}` });
    const next = await storeLead(caller);
    const at = new Date(Date.now() - 60_000);
    for (const lead of [stuck._id, next._id]) {
      await caller.models.outbox.create({ _id: `lead:${lead}`, kind: 'lead', lead, at });
    }
    await eventually(async () => (await caller.models.leads.findById(next._id).lean())?.outcome === 'sold');
    assert.equal(await caller.models.outbox.countDocuments({ lead: stuck._id }), 1);
  });
});
