import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Answer, type Deployment } from '../leads/deployment.ts';
import { pingCampaigns, UNLIMITED } from './campaigns.ts';
import { createSeller, type Seller } from './seller.ts';

describe('the post of a ping', () => {
  let deployment: Deployment;
  let url: string;
  let sellers: Record<'one' | 'share' | 'two', string>;
  const seller = (cid = 'cmp_test', who: keyof typeof sellers = 'one'): Seller => createSeller(url, sellers[who], cid);
  before(async () => {
    const options = { dedupe: { fields: ['phone'], withinDays: 1 } };
    deployment = await createDeployment({ ...options, settings: UNLIMITED });
    await deployment.apply(pingCampaigns(deployment.buyers.url, options));
    url = (await deployment.start()).url;
    const keyOf = async (name: string, source: string) => {
      const order = { kind: 'seller', seller: name, source, mode: 'live', by: 'test' } as const;
      return (await deployment.keys.api.create(order)).key;
    };
    const share = await keyOf('sel_one', 'src_share');
    sellers = { one: deployment.keys.live, share, two: await keyOf('sel_two', 'src_two') };
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    for (const [name, price] of Object.entries(PRICES)) deployment.buyers.setBehaviour(name, { ping: { price } });
  });

  const PRICES: Record<string, number> = { alpha: 5, beta: 9, gamma: 7 };
  const posted = () => deployment.buyers.log({ op: 'post' }).map(({ buyer }) => buyer);
  const rejects = (...names: string[]) => {
    for (const name of names) {
      deployment.buyers.setBehaviour(name, { ping: { price: PRICES[name]! }, post: { mode: 'reject' } });
    }
  };
  const bidsOf = ({ body }: Answer) => body['bids'] as { bid_id: string; price: number; expires_in: number }[];
  const codeOf = ({ status, body }: Answer) => [status, body['code']];

  it('sells at the price quoted, to the bidder, who knows the reference from its ping; nobody is pinged again', async () => {
    const ping = await seller().ping();
    const { status, body } = await seller().post(ping.body['ping_id']);
    assert.deepEqual([status, body['outcome'], body['price']], [200, 'sold', ping.body['price']]);
    assert.equal(body['transaction_id'], ping.body['transaction_id']);
    assert.equal(body['ping_id'], ping.body['ping_id']);
    assert.match(String(body['redirect_url']), /^https?:/);
    assert.deepEqual(deployment.buyers.log({ op: 'ping' }).length, 3);
    assert.deepEqual(deployment.buyers.accepted(), { [String(body['transaction_id'])]: ['beta'] });
    const found = await deployment.get(`/api/lead/${String(body['transaction_id'])}`);
    assert.deepEqual([found.body['outcome'], found.body['price'], found.body['final']], ['sold', 9, true]);
  });

  it('needs only what the ping did not say, and keeps that', async () => {
    const ping = await seller().ping({ zip: '10001', age: 36, sub1: 'spring' });
    const { zip: _, ...rest } = aLead();
    const sold = await seller().send('post', { ...rest, ping_id: ping.body['ping_id'], sub1: 'summer' }, {});
    assert.equal(sold.body['outcome'], 'sold');
    const lead = await deployment.models.leads.findById(String(sold.body['transaction_id'])).lean();
    assert.deepEqual([lead?.fields['zip'], lead?.fields['age'], lead?.tracking['sub1']], ['10001', 36, 'summer']);
    const incomplete = await seller().ping();
    const missing = await seller().send('post', { ping_id: incomplete.body['ping_id'], first_name: 'Ada' }, {});
    assert.deepEqual(Object.keys(missing.body['missingFields'] as object), ['last_name', 'email', 'phone']);
  });

  it('must not say otherwise than the ping, on which buyers have bid', async () => {
    const ping = await seller().ping({ zip: '10001', min_price: 2 });
    const other = await seller().post(ping.body['ping_id'], { zip: '94105', min_price: 8 });
    assert.deepEqual(codeOf(other), [422, 'ping_contradicted']);
    assert.deepEqual(Object.keys(other.body['contradictingFields'] as object), ['zip', 'min_price']);
    const same = await seller().post(ping.body['ping_id'], { zip: '10001-0000', min_price: '2.00' });
    assert.equal(same.body['outcome'], 'sold');
  });

  it('goes on to the next bid after a reject, and states the final price', async () => {
    rejects('beta');
    const ping = await seller().ping();
    const { body } = await seller().post(ping.body['ping_id']);
    assert.deepEqual([body['outcome'], body['price'], posted()], ['sold', 7, ['beta', 'gamma']]);
  });

  it('goes to the bids that the seller picks, and to no other', async () => {
    rejects('alpha');
    const ping = await seller('cmp_all').ping();
    const bids = bidsOf(ping);
    assert.deepEqual(
      bids.map(({ price }) => price),
      [9, 7, 5],
    );
    assert.equal(new Set(bids.map(({ bid_id }) => bid_id)).size, 3);
    assert.doesNotMatch(JSON.stringify(ping.body), /alpha|beta|gamma/);
    const unknown = await seller('cmp_all').post(ping.body['ping_id'], { bid_ids: [bids[1]!.bid_id, 'bid_0'] });
    assert.deepEqual(codeOf(unknown), [422, 'bid_not_offered']);
    const picked = await seller('cmp_all').post(ping.body['ping_id'], { bid_ids: [bids[2]!.bid_id] });
    assert.deepEqual([picked.body['outcome'], picked.body['reason']], ['rejected', 'bids_exhausted']);
    const next = await seller('cmp_all').ping();
    const both = bidsOf(next)
      .slice(1)
      .map(({ bid_id }) => bid_id);
    const sold = await seller('cmp_all').post(next.body['ping_id'], { bid_ids: both.join(', ') });
    assert.deepEqual([sold.body['outcome'], sold.body['price']], ['sold', 7]);
    assert.deepEqual(posted(), ['alpha', 'gamma']);
  });

  it('of a shared lead states the price of each sale', async () => {
    const ping = await seller('cmp_shared').ping();
    const { body } = await seller('cmp_shared').post(ping.body['ping_id']);
    assert.deepEqual([body['outcome'], body['price'], posted()], ['sold', 16, ['beta', 'gamma']]);
    const offered = bidsOf(ping).slice(0, 2);
    const sales = body['sales'] as { price: number; bid_id: string }[];
    assert.deepEqual(
      sales.map(({ price, bid_id }) => ({ price, bid_id })),
      offered.map(({ price, bid_id }) => ({ price, bid_id })),
    );
  });

  it('asks the seller when what is left pays less than was quoted, and sells what it picks then', async () => {
    rejects('beta');
    const ping = await seller('cmp_ask').ping();
    const held = await seller('cmp_ask').post(ping.body['ping_id']);
    assert.deepEqual([held.status, held.body['outcome'], held.body['reason']], [202, 'held', 'awaiting_seller']);
    assert.deepEqual(
      bidsOf(held).map(({ price }) => price),
      [7, 5],
    );
    assert.deepEqual(posted(), ['beta']);
    const id = String(held.body['transaction_id']);
    assert.deepEqual(bidsOf(await deployment.get(`/api/lead/${id}`)).length, 2);
    const post = (bid_ids?: string[]) =>
      seller('cmp_ask').send('post', { ping_id: ping.body['ping_id'], ...(bid_ids ? { bid_ids } : {}) }, {});
    assert.deepEqual((await post()).body['missingFields'], { bid_ids: 'is required' });
    assert.deepEqual(codeOf(await post(['bid_of_nobody'])), [422, 'bid_not_offered']);
    const [, second] = bidsOf(held);
    const sold = await post([second!.bid_id]);
    assert.deepEqual([sold.status, sold.body['outcome'], sold.body['price']], [200, 'sold', 5]);
    assert.deepEqual(posted(), ['beta', 'alpha']);
    assert.deepEqual(codeOf(await post([second!.bid_id])), [409, 'ping_already_posted']);
    const rows = await deployment.models.ledger.find({ lead: id }).lean();
    assert.deepEqual(
      rows.map(({ amount }) => amount),
      [5_000_000],
    );
  });

  it('asks again about what the picked bids leave, and of two choices one counts', async () => {
    rejects('beta', 'gamma');
    const cid = 'cmp_pick';
    const ping = await seller(cid).ping();
    const held = await seller(cid).post(ping.body['ping_id'], { bid_ids: [bidsOf(ping)[0]!.bid_id] });
    assert.deepEqual(
      bidsOf(held).map(({ price }) => price),
      [7, 5],
    );
    const choose = (bid: string) => seller(cid).send('post', { ping_id: ping.body['ping_id'], bid_ids: [bid] }, {});
    const again = await choose(bidsOf(held)[0]!.bid_id);
    assert.deepEqual([again.status, again.body['reason']], [202, 'awaiting_seller']);
    assert.deepEqual(
      bidsOf(again).map(({ price }) => price),
      [5],
    );
    const last = bidsOf(again)[0]!.bid_id;
    const raced = await Promise.all([choose(last), choose(last), choose(last)]);
    assert.equal(raced.filter(({ body }) => body['outcome'] === 'sold').length, 1);
    assert.equal(raced.filter(({ body }) => body['code'] === 'ping_already_posted').length, 2);
    assert.deepEqual(posted(), ['beta', 'gamma', 'alpha']);
  });

  it('that the seller never picks for expires by itself', async () => {
    rejects('beta');
    const ping = await seller('cmp_brief').ping();
    const body = { ...aLead(), ping_id: ping.body['ping_id'] };
    const key = { 'idempotency-key': 'post-then-wait' };
    const held = await seller('cmp_brief').send('post', body, key);
    assert.equal(held.body['reason'], 'awaiting_seller');
    const id = String(held.body['transaction_id']);
    const expired = await eventually(async () => {
      const found = await deployment.models.leads.findById(id).lean();
      return found?.outcome === 'expired' && found;
    }, 40_000);
    assert.equal(expired.reason, 'hold_expired');
    const late = await seller('cmp_brief').post(ping.body['ping_id'], { bid_ids: [bidsOf(held)[0]!.bid_id] });
    assert.deepEqual(codeOf(late), [409, 'ping_already_posted']);
    // The ping is over, and its post is answered as it stands all the same.
    const replayed = await seller('cmp_brief').send('post', body, key);
    assert.deepEqual([replayed.status, replayed.body['outcome']], [200, 'expired']);
    assert.deepEqual(posted(), ['beta']);
  });

  it('is refused when its bids no longer stand', async () => {
    const ping = await seller('cmp_short').ping();
    await eventually(async () => Date.now() > Date.parse(String(ping.body['expires_at'])));
    assert.deepEqual(codeOf(await seller('cmp_short').post(ping.body['ping_id'])), [410, 'ping_expired']);
    assert.deepEqual(posted(), []);
  });

  it('has to wait for buyers that have not been heard when the seller is answered', async () => {
    deployment.buyers.setBehaviour('beta', { ping: { price: 9, delayMs: 4000 } });
    const ping = await seller('cmp_hasty').ping();
    assert.deepEqual([ping.status, ping.body['outcome']], [202, 'processing']);
    const id = String(ping.body['ping_id']);
    assert.equal(ping.body['status_url'], `https://leads.example/api/ping/${id}`);
    assert.deepEqual(codeOf(await seller('cmp_hasty').post(id)), [409, 'ping_unanswered']);
    const answered = await eventually(async () => {
      const { status, body } = await deployment.get(`/api/ping/${id}`);
      assert.equal(status, 200);
      return body['outcome'] !== 'processing' && body;
    });
    assert.deepEqual([answered['outcome'], answered['price']], ['bid', 9]);
    const { body } = await seller('cmp_hasty').post(id);
    await eventually(async () => {
      const found = await deployment.get(`/api/lead/${String(body['transaction_id'])}`);
      return found.body['outcome'] === 'sold' && found.body['price'] === 9;
    });
  });

  it('is refused for a ping that is none, another campaign’s or another seller’s', async () => {
    const ping = await seller().ping();
    const id = ping.body['ping_id'];
    assert.deepEqual(codeOf(await seller().post('png_00000000-0000-7000-8000-000000000000')), [404, 'unknown_ping']);
    assert.deepEqual(codeOf(await seller().post({ $gt: '' })), [404, 'unknown_ping']);
    assert.deepEqual(codeOf(await seller('cmp_all').post(id)), [404, 'unknown_ping']);
    assert.deepEqual(codeOf(await seller('cmp_test', 'two').post(id)), [404, 'unknown_ping']);
    assert.deepEqual(codeOf(await seller('cmp_test', 'share').post(id)), [404, 'unknown_ping']);
    assert.deepEqual(codeOf(await seller('cmp_none').post(id)), [404, 'unknown_campaign']);
    const none = await seller().post(undefined);
    assert.deepEqual(none.body['missingFields'], { ping_id: 'is required' });
    assert.equal((await seller().post(id)).body['outcome'], 'sold');
  });

  it('counts once, however many race: one sale, and everybody else is told', async () => {
    const ping = await seller().ping();
    const lead = aLead();
    const raced = await Promise.all(Array.from({ length: 50 }, () => seller().post(ping.body['ping_id'], lead)));
    assert.equal(raced.filter(({ body }) => body['outcome'] === 'sold').length, 1);
    const others = raced.filter(({ body }) => body['outcome'] !== 'sold');
    assert.deepEqual(new Set(others.map((each) => codeOf(each).join())), new Set(['409,ping_already_posted']));
    assert.ok(others.every(({ body }) => body['transaction_id'] === ping.body['transaction_id']));
    assert.deepEqual(posted(), ['beta']);
  });

  it('that loses its ping to another post leaves its claim to others', async () => {
    const ping = await seller().ping();
    const raced = await Promise.all(
      [aLead(), aLead(), aLead()].map((lead) => seller().post(ping.body['ping_id'], lead)),
    );
    assert.equal(raced.filter(({ body }) => body['outcome'] === 'sold').length, 1);
    const claims = await deployment.models.claims.find({ lead: String(ping.body['transaction_id']) }).lean();
    assert.equal(claims.length, 1);
  });

  it('is found to be a duplicate then, not at the ping', async () => {
    const lead = aLead();
    assert.equal((await deployment.post(lead)).body['outcome'], 'sold');
    const ping = await seller().ping();
    assert.equal(ping.body['outcome'], 'bid');
    const { status, body } = await seller().post(ping.body['ping_id'], lead);
    assert.deepEqual(
      [status, body['outcome'], body['transaction_id']],
      [200, 'duplicate', ping.body['transaction_id']],
    );
  });

  it('is replayed under its Idempotency-Key, which a refused post does not use up', async () => {
    const cid = 'cmp_test';
    const ping = await seller(cid).ping();
    const body = { ...aLead(), ping_id: ping.body['ping_id'] };
    const key = { 'idempotency-key': 'post-once' };
    const raced = await Promise.all(Array.from({ length: 50 }, () => seller(cid).send('post', body, key)));
    const answered = raced.filter(({ status }) => status === 200);
    assert.ok(answered.length > 0);
    assert.deepEqual(
      new Set(answered.map((each) => `${String(each.body['outcome'])} ${String(each.body['price'])}`)),
      new Set(['sold 9']),
    );
    const others = raced.filter(({ status }) => status !== 200).map((each) => codeOf(each).join());
    assert.deepEqual([...new Set(others)], others.length > 0 ? ['409,idempotency_in_flight'] : []);
    const replayed = await seller(cid).send('post', body, key);
    assert.deepEqual([replayed.status, replayed.body['outcome']], [200, 'sold']);
    const changed = await seller(cid).send('post', { ...body, first_name: 'Grace' }, key);
    assert.deepEqual(codeOf(changed), [422, 'idempotency_key_reused']);
    assert.deepEqual(posted(), ['beta']);
    const fresh = { 'idempotency-key': 'post-twice' };
    assert.deepEqual(codeOf(await seller(cid).send('post', body, fresh)), [409, 'ping_already_posted']);
    const next = await seller(cid).ping();
    const sold = await seller(cid).send('post', { ...aLead(), ping_id: next.body['ping_id'] }, fresh);
    assert.equal(sold.body['outcome'], 'sold');
  });

  it('shows the seller its own price: in the ping, the post, the lead and the ledger alike', async () => {
    const ping = await seller('cmp_all', 'share').ping();
    assert.deepEqual([ping.body['price'], bidsOf(ping).map(({ price }) => price)], [7.2, [7.2, 5.6, 4]]);
    const sold = await seller('cmp_all', 'share').post(ping.body['ping_id']);
    assert.deepEqual([sold.body['outcome'], sold.body['price']], ['sold', 7.2]);
    const id = String(sold.body['transaction_id']);
    const rows = await deployment.models.ledger.find({ lead: id }).lean();
    assert.deepEqual(
      rows.map(({ amount, payout }) => [amount, payout]),
      [[9_000_000, 7_200_000]],
    );
    const lead = await deployment.models.leads.findById(id).lean();
    assert.deepEqual(
      lead?.sales.map(({ price, payout }) => [price, payout]),
      [[9_000_000, 7_200_000]],
    );
    // A direct post is paid by the same terms; its floor tests the buyer's bid.
    const direct = await seller('cmp_test', 'share').send('lead', aLead({ min_price: 8 }), {});
    assert.deepEqual([direct.body['outcome'], direct.body['price']], ['sold', 7.2]);
  });
});
