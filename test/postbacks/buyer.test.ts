import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { Integration } from '../../schema/integration.ts';
import type { LeadwireNode } from '../../server/node.ts';
import { aLead, createDeployment, eventually, type Answer, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const SIGNING = `whsec_${randomBytes(24).toString('base64')}`;
const HMAC = 'a plain secret';
const TOKEN = 'a-long-secret';

/** A buyer whose post we answer ourselves: it is told where it may post back. */
const listener = (url: string): Integration => ({
  id: 'int_listener',
  campaign: 'cmp_listen',
  buyer: 'buy_alpha',
  category: 'Buyer',
  price: 20,
  post: {
    request: { url: `${url}/post`, json: { back: 'delivery.postback_url', token: 'delivery.token' } },
    response: { accepted: { 'body.ok': 'yes' }, rejected: { 'body.ok': 'no' }, redirectUrl: 'body.go' },
  },
});

describe('a buyer’s postback', () => {
  let deployment: Deployment;
  let node: LeadwireNode;
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({
      buyers: ['alpha', 'beta', 'gamma', 'delta'],
      integrations: {
        alpha: {
          returns: { withinDays: 7 },
          caps: [
            { count: 'accepted', max: 500, per: 'total' },
            { revenue: 100_000, per: 'total' },
          ],
        },
        beta: {
          secrets: ['back'],
          postback: {
            token: 'back',
            find: { transactionId: 'body.lead.ref', leadId: 'body.lead.id' },
            returned: { 'body.lead.status': ['refund', 'chargeback'] },
            rejected: { 'body.lead.status': 'no' },
            accepted: { 'body.lead.status': ['yes', '1'] },
            price: 'body.lead.payout',
            reason: 'body.lead.note',
            answer: { body: 'OK' },
          },
        },
        gamma: {
          secrets: ['signing'],
          postback: { signature: { secrets: ['signing'] }, accepted: 'query.s = "a"', rejected: 'query.s = "r"' },
        },
        delta: {
          secrets: ['hmac'],
          postback: { signature: { secrets: ['hmac'], scheme: 'hmac', header: 'X-Buyer-Signature' } },
        },
      },
    });
    const file = await deployment.store.export();
    const [campaign] = file.campaigns ?? [];
    assert.ok(campaign);
    file.campaigns?.push({ ...campaign, id: 'cmp_listen' });
    file.integrations?.push(listener(receiver.url));
    await deployment.apply(file);
    await deployment.secrets.set('int_beta', 'back', TOKEN, 'test');
    await deployment.secrets.set('int_delta', 'hmac', HMAC, 'test');
    await deployment.secrets.set('int_gamma', 'signing', SIGNING, 'test');
    node = await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    receiver.clear();
  });

  /** Posts a lead that the named buyer wins and answers so; the others bid less. */
  async function lead(name: string, mode: 'pending' | 'accept' | 'reset', headers: Record<string, string> = {}) {
    for (const buyer of ['alpha', 'beta', 'gamma', 'delta']) {
      deployment.buyers.setBehaviour(buyer, { ping: { price: buyer === name ? 9 : 5 } });
    }
    deployment.buyers.setBehaviour(name, { ping: { price: 9 }, post: { mode } });
    const { body } = await deployment.post(aLead(), headers);
    const id = String(body['transaction_id']);
    const delivery = await deliveryOf(id);
    assert.equal(delivery.integration, `int_${name}`);
    return { id, delivery };
  }
  const deliveryOf = async (lead: string, round = 1) =>
    (await deployment.models.deliveries.findById(`${lead}:${round}`).lean<DeliveryRecord>())!;
  const outcomeIs = (id: string, outcome: string) =>
    eventually(async () => (await deployment.models.leads.findById(id).lean())?.outcome === outcome);
  const ledger = async (lead: string) =>
    (await deployment.models.ledger.find({ lead }).sort({ _id: 1 }).lean()).map(({ kind, amount }) => [kind, amount]);

  async function call(token: string, init: RequestInit = {}, query = ''): Promise<Answer> {
    const answer = await fetch(`${node.url}/api/postback/${token}${query}`, init);
    const text = await answer.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
    return { status: answer.status, headers: answer.headers, body };
  }
  const get = (token: string, query: string) => call(token, {}, `?${query}`);
  const post = (token: string, type: string, body: string, headers = {}) =>
    call(token, { method: 'POST', headers: { 'content-type': type, ...headers }, body });
  const json = (token: string, body: unknown) => post(token, 'application/json', JSON.stringify(body));

  it('confirms a pending lead at its price, in the ledger once, and is answered the same again', async () => {
    const { id, delivery } = await lead('alpha', 'pending');
    const first = await get(delivery.token, 'status=accepted&price=7.25');
    assert.deepEqual(
      [first.status, first.body],
      [200, { status: 200, type: 'success', transaction_id: id, state: 'accepted' }],
    );
    assert.deepEqual((await get(delivery.token, 'status=accepted&price=7.25')).body, first.body);
    await outcomeIs(id, 'sold');
    assert.deepEqual(await ledger(id), [['sale', 7_250_000]]);
    assert.equal((await deployment.get(`/api/lead/${id}`)).body['price'], 7.25);
    const told = await eventually(async () => {
      const records = await deployment.models.figures.find().lean();
      return records.find(({ _id, postbacks }) => _id.endsWith(':int_alpha') && postbacks > 0);
    });
    assert.equal(told.postbacks, 1, 'how long it took counts among the recent figures, once');
  });

  it('settles an unknown one, read from JSON, a form and XML', async () => {
    const bodies: [string, string][] = [
      ['application/json', '{"outcome":"ACCEPTED"}'],
      ['application/x-www-form-urlencoded', 'status=accepted&price=9'],
      ['text/html', '<response><status>accepted</status></response>'],
    ];
    for (const [type, body] of bodies) {
      const { id, delivery } = await lead('alpha', 'reset');
      assert.equal((await post(delivery.token, type, body)).body['state'], 'accepted', type);
      await outcomeIs(id, 'sold');
    }
  });

  it('that rejects lets the lead go on to the next bidder', async () => {
    const { id, delivery } = await lead('alpha', 'pending');
    await json(delivery.token, { status: 'rejected', reason: 'bad phone' });
    await outcomeIs(id, 'sold');
    assert.notEqual((await deliveryOf(id, 2)).integration, 'int_alpha');
    assert.equal((await deliveryOf(id)).buyerReason, 'bad phone');
  });

  it('that contradicts is 409, changes nothing, and is recorded once', async () => {
    const { id, delivery } = await lead('alpha', 'accept');
    for (const _ of [1, 2]) {
      const { status, body } = await get(delivery.token, 'status=rejected');
      assert.deepEqual([status, body['code']], [409, 'delivery_conflict']);
    }
    const { state, conflicts } = await deliveryOf(id);
    assert.deepEqual([state, conflicts.map(({ by }) => by)], ['accepted', ['postback']]);
    // "Pending" after the decision is no contradiction: it was overtaken.
    assert.equal((await get(delivery.token, 'status=pending')).body['state'], 'accepted');
  });

  it('that returns takes the money and the places back, once; the lead stays with nobody', async () => {
    const windows = async () =>
      Object.fromEntries((await deployment.models.caps.find().lean()).map(({ _id, n }) => [_id, n]));
    const { id: kept } = await lead('alpha', 'accept');
    await outcomeIs(kept, 'sold');
    const before = await windows();
    const { id, delivery } = await lead('alpha', 'accept');
    await outcomeIs(id, 'sold');
    const price = Number((await ledger(id))[0]?.[1]);
    for (const _ of [1, 2]) assert.equal((await get(delivery.token, 'status=returned')).body['state'], 'returned');
    // An accept that was on its way is no contradiction, and sells nothing again.
    assert.equal((await get(delivery.token, 'status=accepted')).body['state'], 'returned');
    const { body } = await eventually(async () => {
      const answer = await deployment.get(`/api/lead/${id}`);
      return answer.body['returned'] === true && answer;
    });
    assert.deepEqual([body['outcome'], body['reason'], body['price']], ['sold', 'returned', 0]);
    assert.deepEqual(await ledger(id), [
      ['return', -price],
      ['sale', price],
    ]);
    assert.deepEqual(await windows(), before);
    assert.deepEqual(await deployment.models.deliveries.countDocuments({ lead: id }), 1);
  });

  it('that returns what was never taken is a no', async () => {
    const { id, delivery } = await lead('alpha', 'pending');
    assert.equal((await get(delivery.token, 'status=returned')).body['state'], 'rejected');
    assert.equal((await get(delivery.token, 'status=returned')).body['state'], 'rejected');
    await outcomeIs(id, 'sold');
    assert.deepEqual((await ledger(id)).length, 1);
  });

  it('beats the answer to the post, which adds what it knows', async () => {
    let back: Answer | undefined;
    receiver.answer(async ({ body }) => {
      const { back: url, token } = JSON.parse(body) as { back: string; token: string };
      assert.equal(url, `https://leads.example/api/postback/${token}`);
      back = await get(token, 'status=accepted&price=17&lead_id=L-1');
      return { status: 200, body: '{"ok":"yes","go":"https://buyer.example/welcome"}' };
    });
    const { body } = await deployment.post(aLead(), {}, 'cmp_listen');
    const id = String(body['transaction_id']);
    await outcomeIs(id, 'sold');
    assert.equal(back?.status, 200);
    const { body: sold } = await deployment.get(`/api/lead/${id}`);
    assert.deepEqual([sold['price'], sold['redirect_url']], [17, 'https://buyer.example/welcome']);
    const { conflicts, buyerLeadId, exchanges, token } = await deliveryOf(id);
    assert.deepEqual([conflicts, buyerLeadId], [[], 'L-1']);
    // Whoever reads the request log must not be able to settle the delivery.
    assert.ok(exchanges.length > 0 && !exchanges.join().includes(token));
  });

  describe('at the one address of an integration', () => {
    it('finds its delivery by our id or the buyer’s, in the buyer’s own words', async () => {
      const { id } = await lead('beta', 'pending');
      const said = { lead: { ref: id, status: 'Yes', payout: '$8.50', note: 'fine' } };
      assert.deepEqual(await json(`int_beta.${TOKEN}`, said).then(({ status, body }) => [status, body]), [
        200,
        { text: 'OK' },
      ]);
      await outcomeIs(id, 'sold');
      assert.deepEqual(await ledger(id), [['sale', 8_500_000]]);
      const { buyerLeadId } = await deliveryOf(id);
      assert.ok(buyerLeadId);
      await json(`int_beta.${TOKEN}`, { lead: { id: buyerLeadId, status: 'refund' } });
      await eventually(async () => (await deliveryOf(id)).state === 'returned');
    });

    it('refuses what it does not know, whatever is wrong with it', async () => {
      for (const token of [
        `int_beta.${TOKEN}x`,
        'int_beta.',
        'int_beta',
        'int_none.x',
        'f'.repeat(32),
        '..',
        '%00',
        'é',
      ]) {
        const { status } = await json(encodeURIComponent(token), { lead: {} });
        assert.equal(status, 404, token);
      }
      const { id } = await lead('alpha', 'pending');
      const other = await json(`int_beta.${TOKEN}`, { lead: { ref: id, status: 'yes' } });
      assert.deepEqual([other.status, other.body['code']], [404, 'unknown_delivery']);
    });
  });

  describe('that has to be signed', () => {
    it('passes with a Standard Webhooks signature only', async () => {
      const { id } = await lead('gamma', 'pending');
      const { token } = await deliveryOf(id);
      const at = new Date();
      const headers = (secret: string, signedAt = at) => ({
        'webhook-id': 'm1',
        'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
        'webhook-signature': `v1,${'x'.repeat(44)} ${new Webhook(secret).sign('m1', signedAt, '{"x":1}')}`,
      });
      const send = (signed: Record<string, string>) =>
        call(token, { method: 'POST', headers: signed, body: '{"x":1}' }, '?s=a');
      const old = headers(SIGNING, new Date(at.getTime() - 3_600_000));
      for (const wrong of [{}, headers(`whsec_${randomBytes(24).toString('base64')}`), old]) {
        assert.deepEqual((await send(wrong)).status, 401);
      }
      assert.equal((await send(headers(SIGNING))).body['state'], 'accepted');
      await outcomeIs(id, 'sold');
    });

    it('passes with an HMAC of the body, or of the query where there is none', async () => {
      const { id } = await lead('delta', 'pending');
      const { token } = await deliveryOf(id);
      const body = JSON.stringify({ status: 'accepted' });
      const sign = (text: string) => createHmac('sha256', HMAC).update(text).digest('hex');
      const send = (signature: string) => post(token, 'application/json', body, { 'x-buyer-signature': signature });
      for (const wrong of ['', 'no', sign(`${body} `)]) assert.equal((await send(wrong)).status, 401);
      const query = (signature: string) => call(token, { headers: { 'x-buyer-signature': signature } }, '?x=1');
      assert.equal((await query(sign('x=2'))).status, 401);
      assert.equal((await query(sign('x=1'))).body['code'], 'postback_not_understood');
      assert.equal((await send(`sha256=${sign(body)}`)).body['state'], 'accepted');
    });
  });

  it('with nothing known in it is 400 and in the request log, without its token; HEAD settles nothing', async () => {
    const { id, delivery } = await lead('alpha', 'pending');
    const { status, body } = await get(delivery.token, 'status=maybe&password=hush');
    assert.deepEqual([status, body['code']], [400, 'postback_not_understood']);
    const head = await fetch(`${node.url}/api/postback/${delivery.token}?status=accepted`, { method: 'HEAD' });
    assert.equal(head.status, 405);
    const { state, exchanges } = await deliveryOf(id);
    assert.equal(state, 'pending');
    const kept = JSON.parse(exchanges.at(-1) ?? '{}') as Record<string, unknown>;
    assert.equal(kept['responseBody'], 'postback_not_understood');
    assert.ok(!exchanges.join().includes(delivery.token) && !exchanges.join().includes('hush'));
  });

  it('is refused with a code of its own by either method', async () => {
    const accepted = await lead('alpha', 'accept');
    const late = await lead('alpha', 'accept');
    const early = await lead('alpha', 'pending');
    const unsigned = await lead('gamma', 'pending');
    const set = (id: string, $set: Partial<DeliveryRecord>) =>
      deployment.models.deliveries.updateOne({ _id: `${id}:1` }, { $set });
    await outcomeIs(late.id, 'sold');
    await set(late.id, { acceptedAt: new Date(Date.now() - 8 * 86_400_000) });
    await set(early.id, { state: 'reserving' });
    const cases: [string, string, number, string][] = [
      ['0'.repeat(32), 'status=accepted', 404, 'unknown_postback'],
      [unsigned.delivery.token, 's=a', 401, 'postback_not_signed'],
      [`int_beta.${TOKEN}`, 'status=accepted', 404, 'unknown_delivery'],
      [accepted.delivery.token, 'status=perhaps', 400, 'postback_not_understood'],
      [early.delivery.token, 'status=accepted', 409, 'postback_too_early'],
      [late.delivery.token, 'status=returned', 422, 'return_too_late'],
      [accepted.delivery.token, 'status=rejected', 409, 'delivery_conflict'],
    ];
    for (const method of ['GET', 'POST']) {
      for (const [token, query, status, code] of cases) {
        const answer = await call(token, { method }, `?${query}`);
        assert.deepEqual([method, answer.status, answer.body['code']], [method, status, code]);
      }
    }
    assert.equal((await deliveryOf(late.id)).state, 'accepted');
  });

  it('of a sandbox lead settles it, and touches no money', async () => {
    const { id, delivery } = await lead('alpha', 'pending', { 'x-api-key': deployment.keys.test });
    const { body } = await get(delivery.token, 'status=accepted');
    assert.deepEqual([body['state'], body['sandbox']], ['accepted', true]);
    await outcomeIs(id, 'sold');
    assert.equal((await get(delivery.token, 'status=returned')).body['state'], 'returned');
    assert.deepEqual(await ledger(id), []);
  });
});
