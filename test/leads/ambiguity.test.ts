import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { settleLate } from '../../activities/delivery/settle.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

describe('an ambiguous post', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({
      integrations: {
        alpha: { idempotent: true },
        beta: {},
        gamma: {
          status: {
            request: { url: 'http://placeholder.example', json: { ref: 'lead.transaction_id' } },
            response: { rejected: { 'body.status': 'reject' }, accepted: { 'body.status': 'sold' } },
          },
        },
      },
    });
    const file = await deployment.store.export();
    for (const integration of file.integrations ?? []) {
      if (integration.status) integration.status.request.url = `${deployment.buyers.url}/acme/gamma/status`;
    }
    await deployment.apply(file);
    await deployment.start();
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
  });

  /** The named buyer wins; the others bid less. */
  function favour(name: string, post: Parameters<Deployment['buyers']['setBehaviour']>[1]['post']) {
    for (const buyer of ['alpha', 'beta', 'gamma']) {
      deployment.buyers.setBehaviour(buyer, { ping: { price: buyer === name ? 9 : 5 } });
    }
    deployment.buyers.setBehaviour(name, { ping: { price: 9 }, post });
  }
  const postedTo = () => [...new Set(deployment.buyers.log({ op: 'post' }).map(({ buyer }) => buyer))];

  const doubts: [string, Parameters<typeof favour>[1]][] = [
    ['a timeout', { mode: 'hang', acceptsAnyway: true }],
    ['a reset', { mode: 'reset', acceptsAnyway: true }],
    ['a reset after the headers', { mode: 'reset_after_headers', acceptsAnyway: true }],
    ['HTML with 200', { mode: 'html', acceptsAnyway: true }],
    ['an empty answer', { mode: 'empty', acceptsAnyway: true }],
    ['a truncated answer', { mode: 'truncated' }],
    ['an oversized answer', { mode: 'huge' }],
    ['a 500', { mode: 'error', acceptsAnyway: true }],
    ['a 408', { mode: 'error', status: 408, acceptsAnyway: true }],
  ];
  for (const [name, behaviour] of doubts) {
    it(`never sends the lead to another buyer after ${name} (I3)`, async () => {
      favour('beta', behaviour);
      const { status, body } = await deployment.post(aLead());
      assert.deepEqual([status, body['outcome']], [202, 'unknown']);
      assert.match(String(body['status_url']), /\/api\/lead\/txn_/);
      assert.deepEqual(postedTo(), ['beta']);
      assert.deepEqual(deployment.buyers.accepted()[String(body['transaction_id'])], ['beta']);
    });
  }

  it('goes to the next buyer when not one byte was sent', async () => {
    const file = await deployment.store.export();
    const changed = structuredClone(file);
    const beta = changed.integrations?.find(({ id }) => id === 'int_beta');
    assert.ok(beta?.post);
    beta.post.request.url = 'http://127.0.0.1:1/post'; // nobody listens there
    await deployment.apply(changed);
    await eventually(async () => {
      favour('beta', {});
      const { body } = await deployment.post(aLead());
      const first = await deployment.models.deliveries.findById(`${String(body['transaction_id'])}:1`).lean();
      return first?.state === 'not_sent' && first.reason === 'connect_failed' && body['outcome'] === 'sold';
    });
    await deployment.apply(file);
    await eventually(async () => (await deployment.post(aLead())).body['outcome'] === 'sold');
  });

  it('is posted again to the same idempotent buyer, with the same key (I4)', async () => {
    favour('alpha', { mode: 'hang', acceptsAnyway: true, times: 1 });
    const { status, body } = await deployment.post(aLead());
    assert.deepEqual([status, body['outcome'], body['price']], [200, 'sold', 9]);
    const posts = deployment.buyers.log({ op: 'post' });
    assert.deepEqual(postedTo(), ['alpha']);
    assert.equal(posts.length, 2);
    assert.equal(posts[0]?.idempotencyKey, `${String(body['transaction_id'])}:1`);
    assert.equal(posts[1]?.idempotencyKey, posts[0]?.idempotencyKey);
    assert.deepEqual(deployment.buyers.accepted()[String(body['transaction_id'])], ['alpha']);
  });

  it('stays unknown when the repeated post gets an error: that is about the repetition (I3)', async () => {
    let posts = 0;
    const buyer = createServer((request, response) => {
      request.resume();
      // The first post is taken and its answer lost; the repetition is turned away at the door.
      if (++posts === 1) response.destroy();
      else response.writeHead(429).end('{"error":"slow down"}');
    });
    await new Promise<void>((resolve) => buyer.listen(0, '127.0.0.1', resolve));
    const file = await deployment.store.export();
    const changed = structuredClone(file);
    const alpha = changed.integrations?.find(({ id }) => id === 'int_alpha');
    assert.ok(alpha?.post);
    alpha.post.request.url = `http://127.0.0.1:${(buyer.address() as AddressInfo).port}/post`;
    await deployment.apply(changed);
    await eventually(async () => {
      posts = 0;
      deployment.buyers.clear();
      favour('alpha', {});
      const { body } = await deployment.post(aLead());
      if (posts === 0) return false; // the node has not heard of the change yet
      assert.deepEqual([body['outcome'], postedTo(), posts], ['unknown', [], 3]);
      return true;
    });
    await deployment.apply(file);
    buyer.close();
    await eventually(async () => (await deployment.post(aLead())).body['outcome'] === 'sold');
  });

  it('is resolved by the status query of an integration that has one', async () => {
    favour('gamma', { mode: 'reset', acceptsAnyway: true });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['price'], postedTo()], ['sold', 9, ['gamma']]);
    assert.equal(deployment.buyers.log({ op: 'post' }).length, 1);
  });

  describe('settled later', () => {
    const settle = (id: string, state: 'accepted' | 'rejected', price?: number) =>
      settleLate(
        { models: deployment.models, kick: () => undefined, observer: observer() },
        id,
        { state, ...(price === undefined ? {} : { price }) },
        'operator',
      );
    const observer = () => ({ concluded() {}, pinged() {}, posted() {}, conflict() {} });
    const leadOf = (id: string) => deployment.models.leads.findById(id).lean();

    async function ambiguous(): Promise<string> {
      favour('beta', { mode: 'reset', acceptsAnyway: true });
      const { body } = await deployment.post(aLead());
      assert.equal(body['outcome'], 'unknown');
      return String(body['transaction_id']);
    }

    it('as accepted, is sold at that price and enters the ledger', async () => {
      const id = await ambiguous();
      assert.equal(await settle(`${id}:1`, 'accepted', 8_000_000), 'settled');
      const lead = await eventually(async () => {
        const found = await leadOf(id);
        return found?.outcome === 'sold' && found;
      });
      assert.deepEqual(
        lead.sales.map(({ price, buyer }) => [price, buyer]),
        [[8_000_000, 'buy_beta']],
      );
      assert.equal((await deployment.models.ledger.findById(`${id}:1:sale`).lean())?.amount, 8_000_000);
    });

    it('as rejected, goes on to the next buyer and is sold there', async () => {
      const id = await ambiguous();
      assert.equal(await settle(`${id}:1`, 'rejected'), 'settled');
      const lead = await eventually(async () => {
        const found = await leadOf(id);
        return found?.outcome === 'sold' && found;
      });
      assert.notEqual(lead.sales[0]?.buyer, 'buy_beta');
      assert.equal(lead.sales.length, 1);
    });

    it('twice alike is harmless; otherwise it is a conflict that changes nothing', async () => {
      const id = await ambiguous();
      await settle(`${id}:1`, 'accepted', 8_000_000);
      assert.equal(await settle(`${id}:1`, 'accepted', 8_000_000), 'already');
      assert.equal(await settle(`${id}:1`, 'rejected'), 'conflict');
      const delivery = await deployment.models.deliveries.findById(`${id}:1`).lean();
      assert.deepEqual([delivery?.state, delivery?.conflicts.length], ['accepted', 1]);
      assert.equal(await deployment.models.ledger.countDocuments({ lead: id }), 1);
    });
  });
});
