import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

describe('a lead, end to end', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({ auction: { minPrice: 1 } });
    await deployment.start();
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    deployment.buyers.setBehaviour('alpha', { ping: { price: 5 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('gamma', { ping: { price: 7 } });
  });

  const posted = () => deployment.buyers.log({ op: 'post' }).map(({ buyer }) => buyer);
  const auctionOf = async (id: unknown) => deployment.models.auctions.findById(`${String(id)}:1`).lean();

  it('is sold to the highest bidder at its price, with the redirect of the buyer', async () => {
    const { status, body } = await deployment.post(aLead());
    assert.equal(status, 200);
    assert.equal(body['outcome'], 'sold');
    assert.equal(body['price'], 9);
    assert.match(String(body['transaction_id']), /^txn_/);
    assert.match(String(body['redirect_url']), /^https?:/);
    assert.deepEqual(posted(), ['beta']);
    assert.deepEqual(deployment.buyers.accepted(), { [String(body['transaction_id'])]: ['beta'] });
  });

  it('pings every eligible buyer with no more than the ping mapping names', async () => {
    await deployment.post(aLead());
    const pings = deployment.buyers.log({ op: 'ping' });
    assert.deepEqual(pings.map(({ buyer }) => buyer).sort(), ['alpha', 'beta', 'gamma']);
    for (const ping of pings) assert.deepEqual(ping.fields, ['ref', 'zip']);
  });

  it('takes a form as it takes JSON', async () => {
    const { status, body } = await deployment.postForm(aLead() as Record<string, string>);
    assert.deepEqual([status, body['outcome']], [200, 'sold']);
  });

  it('goes on to the next bidder after a post-reject', async () => {
    deployment.buyers.setBehaviour('beta', { ping: { price: 9 }, post: { mode: 'reject', reason: 'not today' } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['price']], ['sold', 7]);
    assert.deepEqual(posted(), ['beta', 'gamma']);
    const first = await deployment.models.deliveries.findById(`${String(body['transaction_id'])}:1`).lean();
    assert.deepEqual([first?.state, first?.buyerReason], ['rejected', 'not today']);
  });

  it('is rejected when every bidder says no', async () => {
    for (const [name, price] of Object.entries({ alpha: 5, beta: 9, gamma: 7 })) {
      deployment.buyers.setBehaviour(name, { ping: { price }, post: { mode: 'reject' } });
    }
    const { status, body } = await deployment.post(aLead());
    assert.deepEqual([status, body['outcome'], body['reason']], [200, 'rejected', 'bids_exhausted']);
    assert.deepEqual(posted(), ['beta', 'gamma', 'alpha']);
  });

  it('is not sold below the floor', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { price: 0.99 } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], posted()], ['rejected', []]);
    const auction = await auctionOf(body['transaction_id']);
    assert.deepEqual(new Set(auction?.dropped.map(({ reason }) => reason)), new Set(['below_floor']));
  });

  it("keeps to the seller's own min_price", async () => {
    const { body } = await deployment.post(aLead({ min_price: 8 }));
    assert.deepEqual([body['outcome'], posted()], ['sold', ['beta']]);
    const none = await deployment.post(aLead({ min_price: 9.5 }));
    assert.equal(none.body['outcome'], 'rejected');
  });

  it('takes bad bids for no bids: NaN, negative, too large; and "$12.50" for 12.50', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 'NaN' } });
    deployment.buyers.setBehaviour('beta', { ping: { price: '-5' } });
    deployment.buyers.setBehaviour('gamma', { ping: { price: '$12.50' } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['price'], posted()], ['sold', 12.5, ['gamma']]);
    deployment.buyers.setBehaviour('gamma', { ping: { price: '1e309' } });
    const none = await deployment.post(aLead());
    assert.deepEqual([none.body['outcome'], none.body['reason']], ['rejected', 'no_bid']);
  });

  it('does not wait for a buyer longer than its ping timeout', async () => {
    deployment.buyers.setBehaviour('beta', { ping: { mode: 'hang' } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['price']], ['sold', 7]);
    const auction = await auctionOf(body['transaction_id']);
    const beta = auction?.participants.find(({ integration }) => integration === 'int_beta');
    assert.equal((beta?.detail as { reason?: string }).reason, 'timeout');
  });

  it('tells the rest by its transaction id, to its own source only', async () => {
    const { body } = await deployment.post(aLead());
    const found = await deployment.get(`/api/lead/${String(body['transaction_id'])}`);
    assert.equal(found.status, 200);
    assert.deepEqual([found.body['outcome'], found.body['price'], found.body['final']], ['sold', 9, true]);
    const other = await deployment.keys.api.create({ ...deployment.keys.order, source: 'src_paused' });
    const foreign = await deployment.get(`/api/lead/${String(body['transaction_id'])}`, { 'x-api-key': other.key });
    assert.deepEqual([foreign.status, foreign.body['code']], [404, 'unknown_lead']);
  });

  it('enters the ledger once, at the figure the buyer accepted (I6)', async () => {
    deployment.buyers.setBehaviour('beta', { ping: { price: 9 }, post: { price: '8.75' } });
    const { body } = await deployment.post(aLead());
    assert.equal(body['price'], 8.75);
    const rows = await deployment.models.ledger.find({ lead: String(body['transaction_id']) }).lean();
    assert.deepEqual(
      rows.map(({ kind, amount, buyer }) => [kind, amount, buyer]),
      [['sale', 8_750_000, 'buy_beta']],
    );
  });

  it('in the sandbox reaches test endpoints only and no ledger (I9)', async () => {
    const { body } = await deployment.post(aLead(), { 'x-api-key': deployment.keys.test });
    assert.deepEqual([body['outcome'], body['sandbox']], ['sold', true]);
    const seen = deployment.buyers.log();
    assert.equal(seen.length, 4);
    assert.ok(seen.every(({ sandbox }) => sandbox));
    assert.equal(await deployment.models.ledger.countDocuments({ lead: String(body['transaction_id']) }), 0);
  });

  it('leaves nothing in the outbox once its work has started', async () => {
    await deployment.post(aLead());
    await eventually(async () => (await deployment.models.outbox.countDocuments()) === 0);
  });
});
