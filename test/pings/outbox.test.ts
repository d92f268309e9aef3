import assert from 'node:assert/strict';
import type { SellerKey } from '../../config/key-holder.ts';
import { acceptPing } from '../../server/ingress/accept-ping.ts';
import { createCaller, type Caller } from '../delivery/caller.ts';
import { ingressThatStartsNothing } from '../leads/dead-node.ts';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { PATIENT } from './campaigns.ts';
import { createSeller } from './seller.ts';

describe('what a node leaves behind that dies', () => {
  let deployment: Deployment;
  let caller: Caller;
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha', 'beta'], auction: { ...PATIENT, deadlineMs: 500 } });
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 5 } });
    caller = await createCaller(deployment);
  });
  after(async () => {
    await caller.stop();
    await deployment.stop();
  });
  const long = () => new Date(Date.now() - 60_000);

  it('once a ping is stored: another node answers it, and it can be posted (I1)', async () => {
    const { models } = caller;
    const body = { zip: '10001' };
    const { status, body: open } = await acceptPing(ingressThatStartsNothing(caller), {
      cid: 'cmp_test',
      key: { kind: 'seller', seller: 'sel_one', source: 'src_one', mode: 'live' } as SellerKey,
      raw: Buffer.from(JSON.stringify(body)),
      body,
      idempotencyKey: undefined,
    });
    assert.deepEqual([status, open['outcome']], [202, 'processing']);
    const seller = createSeller((await deployment.start()).url, deployment.keys.live);
    await eventually(async () => models.auctions.findById(`${String(open['ping_id'])}:1`).lean());
    await eventually(async () => (await models.outbox.countDocuments()) === 0);
    const sold = await seller.post(open['ping_id']);
    assert.deepEqual([sold.body['outcome'], sold.body['transaction_id']], ['sold', open['transaction_id']]);
  });

  it('once a post is stored: another node sells it to who bid, without asking anybody again (I1)', async () => {
    const { url } = await deployment.start();
    const seller = createSeller(url, deployment.keys.live);
    const { body } = await seller.ping();
    const [id, pingId] = [String(body['transaction_id']), String(body['ping_id'])];
    const pings = () => deployment.buyers.log({ op: 'ping' }).length;
    const before = pings();
    const { models, deps } = caller;
    const row = { kind: 'lead' as const, lead: id, at: long() };
    await models.outbox.collection.insertOne({ _id: `lead:${id}` as never, ...row });
    const ping = await deps.records.ping(pingId);
    const { _id: _, lead: __, ...values } = ping;
    await models.leads.collection.insertOne({
      _id: id as never,
      ...values,
      ping: { id: pingId, request: 'a request that died', quote: 9_000_000 },
      sellBy: new Date(Date.now() + 60_000),
      state: 'received',
      turn: 0,
      sales: [],
    });
    const sold = await eventually(async () => {
      const found = await models.leads.findById(id).lean();
      return found?.outcome && found;
    });
    assert.deepEqual([sold.outcome, sold.sales[0]?.price], ['sold', 9_000_000]);
    assert.equal(pings(), before);
    const late = await seller.post(pingId);
    assert.deepEqual([late.status, late.body['code']], [409, 'ping_already_posted']);
  });
});
