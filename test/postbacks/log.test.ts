import assert from 'node:assert/strict';
import { cursorOf } from '../../models/position.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { replayPostbacks } from '../../models/replay.ts';
import type { LeadwireNode } from '../../server/node.ts';
import { commandLine } from '../cli/command-line.ts';
import { eventsFile, postedLead } from '../events/campaign.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver } from './receiver.ts';

type Body = Record<string, unknown>;

const PATIENCE_MS = 60_000;

describe('the log of postbacks', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let node: LeadwireNode;
  let receiver: Receiver;
  let strangerKey: string;
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({ buyers: ['alpha'] });
    const { url } = receiver;
    const file = eventsFile(deployment.buyers.url, {
      events: [
        {
          id: 'sale_completed',
          name: 'Sale',
          conversion: true,
          affiliateConversion: true,
          postbacks: [
            {
              id: 'ads',
              secrets: ['client_id', 'client_secret', 'refresh_token'],
              oauth: { tokenUrl: `${url}/token`, grant: 'refresh_token' },
              request: {
                url: `${url}/ads`,
                headers: { authorization: 'Bearer {{secrets.access_token}}' },
                json: { email: 'lead.email', value: 'event.revenue' },
              },
            },
          ],
        },
        { id: 'quote_viewed' },
        { id: 'call_made', affiliateConversion: true, multiTrigger: true },
        { id: 'elsewhere' },
      ],
      campaign: {
        events: [
          { event: 'sale_completed', fields: [{ name: 'policy', type: 'text', required: true }] },
          'quote_viewed',
          'call_made',
        ],
      },
    });
    const [one, two] = ['src_one', 'src_two'].map((id) => file.sources?.find((source) => source.id === id));
    assert.ok(one && two);
    one.postbacks = [
      {
        id: 'crm',
        on: ['sold'],
        sign: ['signing'],
        request: { url: `${url}/crm?zip={sub1}&token=abc`, testUrl: `${url}/sandbox` },
      },
      {
        id: 'pixel',
        events: 'all',
        request: { method: 'GET', url: `${url}/pixel?t={lead_id}&p={policy}&r={revenue}` },
      },
    ];
    two.postbacks = [{ id: 'other', events: 'all', request: { method: 'GET', url: `${url}/two` } }];
    await deployment.apply(file);
    await deployment.secrets.set('src_one', 'signing', 'a secret of the seller', 'test');
    for (const name of ['client_id', 'client_secret', 'refresh_token']) {
      await deployment.secrets.set('event/sale_completed', name, `${name} value`, 'test');
    }
    node = await deployment.start();
    const { api, order } = deployment.keys;
    strangerKey = (await api.create({ ...order, seller: 'sel_two', source: 'src_two' })).key;
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    receiver.clear();
    receiver.answer(welcoming);
  });

  const welcoming: Parameters<Receiver['answer']>[0] = ({ url }) =>
    url === '/token'
      ? { status: 200, body: '{"access_token":"the token","expires_in":3600}' }
      : { status: 200, body: 'thanks' };
  const sent = (path: string) => receiver.received.filter(({ url }) => url.startsWith(path));
  const fire = async (transaction: string, event: string, more: object = {}) => {
    const body = { cid: 'cmp_test', event_id: event, transaction_id: transaction, ...more };
    const answer = await send(`${node.url}/api/event/trigger`, body, {});
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const sale = (transaction: string) => fire(transaction, 'sale_completed', { revenue: 45.5, policy: 'P 1' });
  const stateIs = (id: string, state: string) =>
    eventually(async () => {
      const record = await deployment.models.postbacks.findById(id).lean<PostbackRecord>();
      return record?.state === state && record;
    }, PATIENCE_MS);
  const list = async (query: string, headers: Record<string, string> = {}) => {
    const { status, body } = await deployment.get(`/api/postbacks?${query}`, headers);
    assert.equal(status, 200, JSON.stringify(body));
    return body as { postbacks: Body[]; next_cursor?: string };
  };
  const ids = ({ postbacks }: { postbacks: Body[] }) => postbacks.map(({ id }) => String(id));
  const post = (path: string, body: unknown, key = deployment.keys.live) =>
    send(`${node.url}/api/postbacks/${path}`, body, { 'x-api-key': key });
  const isFailed = async (id: string) =>
    (await deployment.models.postbacks.findById(id).lean<PostbackRecord>())?.state === 'failed';
  /** Nothing is under way any more. */
  const settled = () =>
    eventually(async () => {
      const { outbox, postbacks } = deployment.models;
      return (await outbox.countDocuments({})) + (await postbacks.countDocuments({ state: 'open' })) === 0;
    }, PATIENCE_MS);
  /** A lead whose call could not be told. */
  const failedCall = async () => {
    receiver.answer((request) => (request.url.startsWith('/pixel') ? { status: 400, body: 'no' } : welcoming(request)));
    const lead = await postedLead(deployment, aLead({ sub1: 's1' }));
    await fire(lead, 'call_made');
    const { _id } = await eventually(
      async () =>
        (await deployment.models.postbacks.findOne({ lead, state: 'failed', endpoint: 'src_one/pixel' }).lean()) ??
        false,
      PATIENCE_MS,
    );
    receiver.answer(welcoming);
    receiver.clear();
    return String(_id);
  };

  it('shows payload, request, answer, status and code, by state, event, endpoint, lead and date', async () => {
    const lead = await postedLead(deployment, aLead({ sub1: 's1' }));
    await sale(lead);
    const id = `${lead}:sale_completed:src_one/pixel`;
    await stateIs(id, 'delivered');
    await stateIs(`${lead}_sold:src_one/crm`, 'delivered');
    const [entry] = (await list(`transaction_id=${lead}&event=sale_completed`)).postbacks;
    const { at, changed_at: changed, payload, request, ...rest } = entry!;
    assert.ok(String(at) <= String(changed));
    assert.deepEqual(rest, {
      ...{ id, type: 'event.sale_completed', webhook_id: `${lead}:sale_completed`, transaction_id: lead },
      ...{ campaign: 'cmp_test', source: 'src_one', endpoint: 'src_one/pixel', state: 'delivered', attempts: 1 },
      ...{ code: 200, answer: 'thanks' },
    });
    const { data } = payload as { data: Body };
    assert.deepEqual([data['revenue'], data['fields']], [45.5, { policy: 'P 1' }]);
    assert.deepEqual(
      [(request as Body)['method'], (request as Body)['url']],
      ['GET', `${receiver.url}/pixel?t=${lead}&p=P%201&r=45.5`],
    );
    const [told] = (await list(`transaction_id=${lead}&event=sold`)).postbacks;
    assert.equal((told!['request'] as Body)['url'], `${receiver.url}/crm?zip=s1&token=***`);
    // What the deployment tells others is not the seller's.
    await stateIs(`${lead}:sale_completed:event/sale_completed/ads`, 'delivered');
    assert.deepEqual(ids(await list(`transaction_id=${lead}`)).sort(), [id, `${lead}_sold:src_one/crm`].sort());
    for (const none of [
      'state=failed',
      'endpoint=src_one/none',
      'campaign=cmp_other',
      'to=2026-01-01T00:00:00Z',
      'endpoint=event/sale_completed/ads',
      'cursor=nonsense',
    ]) {
      assert.deepEqual(ids(await list(`transaction_id=${lead}&${none}`)), [], none);
    }
    assert.deepEqual(
      ids(await list(`transaction_id=${lead}&endpoint=src_one/crm&from=${String(at).slice(0, 10)}T00:00:00Z`)),
      [`${lead}_sold:src_one/crm`],
    );
    assert.deepEqual(ids(await list(`transaction_id=${lead}`, { 'x-api-key': strangerKey })), []);
    assert.deepEqual(ids(await list(`transaction_id=${lead}`, { 'x-api-key': deployment.keys.test })), []);
  });

  it('comes in pages, the newest first', async () => {
    await postedLead(deployment);
    await postedLead(deployment);
    await eventually(async () => (await list('state=delivered&event=sold')).postbacks.length >= 3, PATIENCE_MS);
    const all = ids(await list('limit=200'));
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const page = await list(`limit=1${cursor}`);
      seen.push(...ids(page));
      if (!page.next_cursor) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    assert.deepEqual(seen, all);
    const { out, code } = await commandLine(deployment.variables)(
      'postbacks list --state delivered --event sold --json',
    );
    assert.equal(code, 0);
    assert.deepEqual(
      out.map((line) => (JSON.parse(line) as Body)['id']).sort(),
      all.filter((id) => id.includes('_sold:')).sort(),
    );
  });

  it('replays one: once, however often it is asked for', async () => {
    const id = await failedCall();
    const [first, second] = await Promise.all([post('replay', { id }), post('replay', { id })]);
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.equal(Number(first.body['replayed']) + Number(second.body['replayed']), 1);
    await stateIs(id, 'delivered');
    assert.equal((await post('replay', { id })).body['replayed'], 0);
    assert.equal(sent('/pixel').length, 1);
    assert.equal(sent('/pixel')[0]?.headers['webhook-id'], id.slice(0, id.lastIndexOf(':')));
    for (const other of [strangerKey, deployment.keys.test]) {
      const refused = await post('replay', { id }, other);
      assert.deepEqual([refused.status, refused.body['code']], [404, 'postback_not_found']);
    }
  });

  it('replays those of a time, an endpoint or an event, and all that failed, a page at a time', async () => {
    const early = await failedCall();
    const since = new Date().toISOString();
    const late = await failedCall();
    const to = new Date().toISOString();
    const last = await failedCall();
    assert.equal((await post('replay', { all_failed: true }, strangerKey)).body['replayed'], 0);
    assert.equal((await post('replay', { event: 'sale_completed' })).body['replayed'], 0);
    assert.equal((await post('replay', { endpoint: 'src_one/pixel', from: since, to })).body['replayed'], 1);
    assert.deepEqual([await isFailed(late), await isFailed(early)], [false, true]);
    const { count, next } = await replayPostbacks(deployment.models, { sources: ['src_one'] }, { limit: 1 });
    assert.equal(count, 1);
    assert.deepEqual([await isFailed(early), await isFailed(last)], [false, true]);
    const { status, body } = await post('replay', { all_failed: true, cursor: cursorOf(next!) });
    assert.deepEqual([status, body], [200, { status: 200, type: 'success', replayed: 1 }]);
    assert.equal(await isFailed(last), false);
    for (const wrong of [
      {},
      { all_failed: false },
      { id: early, all_failed: true },
      { cursor: 'x' },
      { from: 'today' },
    ]) {
      const refused = await post('replay', wrong);
      assert.deepEqual([refused.status, refused.body['code']], [400, 'invalid_body'], JSON.stringify(wrong));
    }
  });

  it('renews the access token of an endpoint once when it is refused; a second no is a no', async () => {
    let refused = 0;
    receiver.answer((request) => {
      if (request.url !== '/ads') return welcoming(request);
      const isLater = request.body.includes('"value":45.5') && refused++ > 0;
      return isLater ? { status: 200 } : { status: 401, body: '{"error":"expired"}' };
    });
    const [good, bad] = [await postedLead(deployment), await postedLead(deployment)];
    await sale(good);
    await fire(bad, 'sale_completed', { revenue: 7, policy: 'P' });
    const idOf = (lead: string) => `${lead}:sale_completed:event/sale_completed/ads`;
    const taken = await stateIs(idOf(good), 'delivered');
    const { attempts, reason } = await stateIs(idOf(bad), 'failed');
    assert.deepEqual([taken.attempts, attempts, reason], [2, 2, 'http_401']);
    assert.ok(sent('/token').length >= 1);
    assert.ok(sent('/ads').every(({ headers }) => headers['authorization'] === 'Bearer the token'));
    assert.doesNotMatch(taken.exchanges.join(), /the token|refresh_token value/);
  });

  it('shows operators what everybody was told, and lets them try every endpoint and replay', async () => {
    const operator = await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' });
    const headers = { 'x-api-key': operator.key };
    const lead = await postedLead(deployment);
    await sale(lead);
    const id = `${lead}:sale_completed:event/sale_completed/ads`;
    await stateIs(id, 'delivered');
    assert.deepEqual(ids(await list(`transaction_id=${lead}&endpoint=event/sale_completed/ads`, headers)), [id]);
    assert.equal((await post('replay', { id }, operator.key)).body['replayed'], 0);
    const order = { endpoint: 'event/sale_completed/ads', transaction_id: lead, send_to: 'live' };
    assert.equal((await post('test', order, operator.key)).body['taken'], true);
    assert.deepEqual(JSON.parse(sent('/ads').at(-1)?.body ?? ''), {
      email: (await deployment.models.leads.findById(lead).lean())?.fields['email'],
      value: 45.5,
    });
  });

  it('is not there before there is a configuration', async () => {
    const empty = await createDeployment();
    const { db } = empty.models.leads;
    await Promise.all(['config_head', 'config_snapshots'].map((name) => db.collection(name).deleteMany({})));
    const { url } = await empty.start();
    const headers = { 'x-api-key': empty.keys.live };
    const answers = [
      await empty.get('/api/postbacks'),
      await send(`${url}/api/postbacks/replay`, { all_failed: true }, headers),
      await send(`${url}/api/postbacks/test`, { endpoint: 'src_one/crm' }, headers),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body['code']], [503, 'no_configuration']);
    await empty.stop();
  });

  describe('Send Test', () => {
    const counted = async () => ({
      records: await deployment.models.postbacks.countDocuments({}),
      endpoints: await deployment.models.endpoints.countDocuments({}),
      rows: await deployment.models.outbox.countDocuments({}),
      metrics: (await (await fetch(`${node.url}/metrics`)).text()).match(/^leadwire_postbacks_total.*$/gm),
    });

    it('sends a sample to the test address, shows request and answer, and counts nowhere', async () => {
      await settled();
      receiver.clear();
      const before = await counted();
      receiver.answer(() => ({ status: 500, body: 'not today' }));
      const { status, body } = await post('test', { endpoint: 'src_one/crm' });
      assert.equal(status, 200, JSON.stringify(body));
      const { request, duration_ms: took, ...rest } = body;
      assert.deepEqual(rest, {
        ...{ status: 200, type: 'success', endpoint: 'src_one/crm', told: 'lead.sold', taken: false },
        ...{ reason: 'http_500', code: 500, answer: 'not today' },
      });
      assert.ok(Number(took) >= 0);
      const [got] = receiver.received;
      assert.deepEqual([receiver.received.length, got?.url], [1, '/sandbox']);
      assert.match(got?.headers['webhook-id'] ?? '', /^test_/);
      assert.match(got?.headers['webhook-signature'] ?? '', /^v1,/);
      const { headers, body: shown } = request as { headers: Body; body: string };
      assert.equal(headers['webhook-signature'], '***');
      assert.equal(shown, got?.body);
      const { data } = JSON.parse(got?.body ?? '') as { data: Body };
      assert.deepEqual([data['test'], data['sandbox'], data['outcome'], data['price']], [true, true, 'sold', 30]);
      assert.deepEqual(await counted(), before);
    });

    it('sends what a real lead and event have, to the real address when told so', async () => {
      const lead = await postedLead(deployment, aLead({ sub1: 's1' }));
      await sale(lead);
      await stateIs(`${lead}:sale_completed:src_one/pixel`, 'delivered');
      receiver.clear();
      receiver.answer(welcoming);
      const order = { endpoint: 'src_one/pixel', event: 'sale_completed', transaction_id: lead };
      const { body } = await post('test', { ...order, send_to: 'live' });
      assert.deepEqual([body['taken'], body['code'], body['told']], [true, 200, 'event.sale_completed']);
      assert.deepEqual(
        sent('/pixel').map(({ url }) => url),
        [`/pixel?t=${lead}&p=P%201&r=45.5`],
      );
      assert.match(sent('/pixel')[0]?.headers['webhook-id'] ?? '', /^test_/);
    });

    it('is refused where there is nothing to test, each by its code', async () => {
      const lead = await postedLead(deployment);
      const refusals: [Body, number, string, string?][] = [
        [{ endpoint: 'src_one/none' }, 404, 'unknown_endpoint'],
        [{ endpoint: 'event/sale_completed/ads' }, 404, 'unknown_endpoint'],
        [{ endpoint: 'src_one/crm' }, 404, 'unknown_endpoint', strangerKey],
        [{ endpoint: 'src_one/crm', event: 'rejected' }, 422, 'endpoint_not_told'],
        [{ endpoint: 'src_one/pixel' }, 422, 'no_test_address'],
        [{ endpoint: 'src_two/other', transaction_id: lead, send_to: 'live' }, 404, 'unknown_lead', strangerKey],
        [{ endpoint: 'src_one/crm', send_to: 'everywhere' }, 400, 'invalid_body'],
        [{ endpoint: 7 }, 400, 'invalid_body'],
      ];
      for (const [order, status, code, key] of refusals) {
        const answer = await post('test', order, key);
        assert.deepEqual([answer.status, answer.body['code']], [status, code], JSON.stringify(order));
      }
      assert.equal(receiver.received.filter(({ headers }) => headers['webhook-id']?.startsWith('test_')).length, 0);
    });

    it('on the command line, of every endpoint', async () => {
      const leadwire = commandLine(deployment.variables);
      const ran = await leadwire('postbacks test event/sale_completed/ads --live');
      assert.equal(ran.code, 0, ran.err.join('\n'));
      const text = ran.out.join('\n');
      assert.match(text, /^POST http:\/\/127\.0\.0\.1:\d+\/ads\n/);
      assert.match(text, /"email":"ada@example\.com","value":45/);
      assert.match(text, /\n200 in \d+ ms\n[^]*thanks\n[^]*took event\.sale_completed$/);
      assert.doesNotMatch(text, /the token/);
      receiver.answer(() => ({ status: 503 }));
      const refused = await leadwire('postbacks test src_one/crm');
      assert.equal(refused.code, 1);
      assert.match(refused.err.join(), /src_one\/crm did not take it: http_503/);
      const none = await leadwire('postbacks test src_one/pixel');
      assert.deepEqual([none.code, /no_test_address/.test(none.err.join())], [1, true]);
    });
  });
});
