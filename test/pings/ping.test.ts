import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Answer, type Deployment } from '../leads/deployment.ts';
import { PATIENT, UNLIMITED } from './campaigns.ts';
import { createSeller, type Seller } from './seller.ts';

describe('a ping', () => {
  let deployment: Deployment;
  let seller: Seller;
  before(async () => {
    deployment = await createDeployment({
      settings: UNLIMITED,
      auction: { ...PATIENT, minPrice: 1 },
      dedupe: { fields: ['zip'], withinDays: 1 },
    });
    const node = await deployment.start();
    seller = createSeller(node.url, deployment.keys.live);
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    deployment.buyers.setBehaviour('alpha', { ping: { price: 5 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('gamma', { ping: { price: 7 } });
  });

  it('is answered with the best bid, without saying whose it is', async () => {
    const { status, body } = await seller.ping();
    assert.deepEqual([status, body['outcome'], body['price']], [200, 'bid', 9]);
    assert.match(String(body['ping_id']), /^png_/);
    assert.match(String(body['transaction_id']), /^txn_/);
    assert.ok(Number(body['expires_in']) > 30 && Number(body['expires_in']) <= 60);
    assert.ok(Date.parse(String(body['expires_at'])) > Date.now());
    assert.equal(body['bids'], undefined);
    assert.doesNotMatch(JSON.stringify(body), /beta|int_|buy_/);
  });

  it('sends buyers what their ping names and posts nothing, whatever else the seller tells', async () => {
    await seller.ping(aLead());
    const seen = deployment.buyers.log();
    assert.deepEqual(seen.map(({ buyer, op }) => `${op} ${buyer}`).sort(), ['ping alpha', 'ping beta', 'ping gamma']);
    for (const { fields } of seen) assert.deepEqual(fields, ['ref', 'zip']);
    assert.equal(await deployment.models.deliveries.countDocuments(), 0);
  });

  it('without a bid is an outcome, not an error', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { mode: 'reject' } });
    const { status, body } = await seller.ping();
    assert.deepEqual([status, body['outcome'], body['reason'], body['price']], [200, 'no_bid', 'no_bid', undefined]);
    const post = await seller.post(body['ping_id']);
    assert.deepEqual([post.status, post.body['code']], [409, 'ping_without_bid']);
  });

  it('needs the fields of a ping only, and names what is missing or wrong', async () => {
    const missing = await seller.ping({ first_name: 'Ada' });
    assert.deepEqual([missing.status, missing.body['missingFields']], [400, { zip: 'is required' }]);
    const invalid = await seller.ping({ zip: '10001', phone: 'none' });
    assert.deepEqual([invalid.status, Object.keys(invalid.body['invalidFields'] as object)], [400, ['phone']]);
  });

  it('takes no place among duplicates', async () => {
    const answers = [await seller.ping(), await seller.ping()];
    assert.ok(answers.every(({ body }) => body['outcome'] === 'bid'));
    assert.equal(await deployment.models.claims.countDocuments(), 0);
  });

  it('can be read again, by its own seller in its own mode only', async () => {
    const { body } = await seller.ping();
    const again = await deployment.get(`/api/ping/${String(body['ping_id'])}`);
    assert.deepEqual(
      [again.status, again.body['ping_id'], again.body['price'], again.body['expires_at']],
      [200, body['ping_id'], 9, body['expires_at']],
    );
    for (const id of [body['ping_id'], 'png_none', body['transaction_id']]) {
      const foreign = await deployment.get(`/api/ping/${String(id)}`, { 'x-api-key': deployment.keys.test });
      assert.deepEqual([foreign.status, foreign.body['code']], [404, 'unknown_ping']);
    }
  });

  it('with an Idempotency-Key is asked once', async () => {
    const key = { 'idempotency-key': 'ping-once' };
    const racing = await Promise.all(Array.from({ length: 50 }, () => seller.ping({ zip: '10001' }, key)));
    const answered = racing.filter(({ status }) => status === 200);
    assert.ok(answered.length > 0);
    assert.ok(racing.every(({ status, body }) => status === 200 || body['code'] === 'idempotency_in_flight'));
    assert.equal(new Set(answered.map(({ body }) => body['ping_id'])).size, 1);
    assert.equal(deployment.buyers.log({ op: 'ping' }).length, 3);
    const other = await seller.ping({ zip: '10002' }, key);
    assert.deepEqual([other.status, other.body['code']], [422, 'idempotency_key_reused']);
    // A lead under the same key is another request.
    const lead = await deployment.post(aLead({ zip: '94105' }), key);
    assert.equal(lead.body['outcome'], 'sold');
  });

  it('is found in Temporal by its own id, with its outcome and nothing of the lead', async () => {
    const { body } = await seller.ping(aLead({ first_name: 'Zephyrine' }));
    const handle = deployment.client.workflow.getHandle(String(body['ping_id']));
    const described = await eventually(async () => {
      const found = await handle.describe().catch(() => undefined);
      return found?.status.name === 'COMPLETED' && found;
    });
    const attributes = JSON.stringify(described.typedSearchAttributes.getAll());
    assert.match(attributes, /cmp_test/);
    assert.match(attributes, /"bid"/);
    assert.doesNotMatch(JSON.stringify(await handle.fetchHistory()), /Zephyrine/);
    await eventually(async () => (await deployment.models.outbox.countDocuments()) === 0);
  });

  it('in the sandbox reaches test addresses only, and says so (I9)', async () => {
    const sandbox = createSeller(seller.url, deployment.keys.test);
    const { body } = await sandbox.ping();
    assert.deepEqual([body['outcome'], body['sandbox']], ['bid', true]);
    assert.ok(deployment.buyers.log().every((entry) => entry.sandbox));
    const refused: Answer = await sandbox.ping({});
    assert.deepEqual([refused.status, refused.body['sandbox']], [400, true]);
    const live = await seller.post(body['ping_id']);
    assert.deepEqual([live.status, live.body['code']], [404, 'unknown_ping']);
    const sold = await sandbox.post(body['ping_id']);
    assert.deepEqual([sold.body['outcome'], sold.body['sandbox']], ['sold', true]);
    assert.ok(deployment.buyers.log().every((entry) => entry.sandbox));
    const id = String(body['transaction_id']);
    assert.equal(await deployment.models.ledger.countDocuments({ lead: id }), 0);
    assert.equal(await deployment.models.claims.countDocuments({ lead: id }), 0);
    const again = await createSeller(seller.url, deployment.keys.live).post((await seller.ping()).body['ping_id']);
    assert.equal(again.body['sandbox'], undefined);
  });
});
