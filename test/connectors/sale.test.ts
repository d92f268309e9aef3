import assert from 'node:assert/strict';
import type { Integration } from '../../schema/integration.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

/** A buyer on a built-in connector: nothing but its values, and what the simulated one has elsewhere. */
function onConnector(base: string, connector: string, name: string, changes: Partial<Integration>): Integration {
  return {
    id: `int_${name}`,
    campaign: 'cmp_test',
    buyer: 'buy_alpha',
    category: 'Buyer',
    connector,
    ...changes,
    config: { url: `${base}/${connector}/${name}`, ...changes.config },
  };
}

describe('integrations on connectors', () => {
  let deployment: Deployment;

  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { paused: true } },
      more: (base) => [
        onConnector(base, 'phonexa', 'phoenix', {
          config: { api_id: 'A1', product_id: 171 },
          // Field by field: one added, one taken away, the others as the connector has them.
          ping: { request: { json: { ref: 'lead.transaction_id' } } } as unknown as Integration['ping'],
          post: {
            request: { json: { ref: 'lead.transaction_id', city: null }, timeoutMs: 5000 },
          } as unknown as Integration['post'],
        }),
        onConnector(base, 'boberdoo', 'bob', {
          config: { type: '19', src: 'LW' },
          ping: { request: { form: { ref: 'lead.transaction_id' } } } as unknown as Integration['ping'],
          post: { request: { form: { ref: 'lead.transaction_id' } } } as unknown as Integration['post'],
        }),
      ],
    });
    await deployment.secrets.set('int_phoenix', 'api_password', 'a-password-of-phonexa', 'test');
    await deployment.secrets.set('int_bob', 'key', 'a-key-of-boberdoo', 'test');
    await deployment.start();
  });
  after(() => deployment.stop());

  it('sells a lead to a simulated Phonexa buyer', async () => {
    deployment.buyers.setBehaviour('bob', { ping: { mode: 'reject' } });
    const sold = await deployment.post(aLead());
    assert.equal(sold.body['outcome'], 'sold', JSON.stringify(sold.body));
    const entries = deployment.buyers.log({ buyer: 'phoenix', ref: String(sold.body['transaction_id']) });
    assert.deepEqual(
      entries.map(({ op, format }) => `${format} ${op}`),
      ['phonexa ping', 'phonexa post'],
    );
    const [ping, post] = entries;
    assert.ok(ping?.fields.includes('apiPassword') && !ping.fields.includes('firstName'), 'only what a ping may say');
    assert.ok(post?.fields.includes('cellPhone') && post?.fields.includes('promise'));
    assert.ok(!post?.fields.includes('city'));
  });

  it('goes on to a boberdoo buyer, which speaks XML, after a reject', async () => {
    deployment.buyers.resetBehaviour('bob');
    deployment.buyers.setBehaviour('phoenix', { post: { mode: 'reject' }, ping: { price: 90 } });
    const sold = await deployment.post(aLead());
    assert.equal(sold.body['outcome'], 'sold', JSON.stringify(sold.body));
    assert.deepEqual(deployment.buyers.accepted()[String(sold.body['transaction_id'])], ['bob']);
    deployment.buyers.resetBehaviour();
  });

  it('keeps credentials out of the exchanges that operators read', async () => {
    const sold = await deployment.post(aLead());
    const id = String(sold.body['transaction_id']);
    const records = await eventually(async () => {
      const found = await Promise.all([
        deployment.models.auctions.find({ _id: new RegExp(`^${id}`) }).lean(),
        deployment.models.deliveries.find({ _id: new RegExp(`^${id}`) }).lean(),
        deployment.models.pings.find({ _id: new RegExp(`^${id}`) }).lean(),
      ]);
      const text = JSON.stringify(found);
      return text.includes('apiPassword') && text;
    });
    assert.ok(!records.includes('a-password-of-phonexa'));
    assert.ok(!records.includes('a-key-of-boberdoo'));
  });

  it('keeps the connector that an integration was saved with', async () => {
    const revision = await deployment.store.currentRevision();
    const { pins } = await deployment.store.snapshot(revision ?? 0);
    assert.deepEqual(pins?.integrations, { int_phoenix: 'phonexa@1.0.0', int_bob: 'boberdoo@1.0.0' });
    assert.equal(pins.connectors['phonexa@1.0.0']?.operations.ping?.request?.url, '{{config.url}}/ping/');
    assert.ok(!('pins' in (await deployment.store.export())), 'a file that is exported says what was applied');
  });
});
