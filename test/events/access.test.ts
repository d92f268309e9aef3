import assert from 'node:assert/strict';
import { signatureOf } from '../../server/access/signature.ts';
import { commandLine } from '../cli/command-line.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { eventsFile, postedLead, visited } from './campaign.ts';

type Body = Record<string, unknown>;

describe('who may fire events', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  const origin = 'https://www.solar.example';
  before(async () => {
    deployment = await createDeployment();
    await deployment.apply(eventsFile(deployment.buyers.url, { campaign: { tracking: { allowedOrigins: [origin] } } }));
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const trigger = (body: Body, headers: Record<string, string> = {}) =>
    send(`${url}/api/event/trigger`, { cid: 'cmp_test', ...body }, headers);
  const record = (id: string, event: string) => deployment.models.events.findById(`${id}:${event}`).lean();
  const key = async (changes: Body) => (await deployment.keys.api.create({ ...deployment.keys.order, ...changes })).key;
  const told = ({ status, body }: { status: number; body: Body }) => [status, body['code']];

  it('everybody: revenue without a key is recorded as unverified', async () => {
    const id = await visited(url);
    await trigger({ event_id: 'sale_completed', transaction_id: id, revenue: 5 });
    const stored = await record(id, 'sale_completed');
    assert.deepEqual([stored?.verified, stored?.revenue, stored?.origin], [false, 5_000_000, 'open']);
    assert.equal(await deployment.models.ledger.countDocuments({ lead: id }), 0);
  });

  it("a seller's key vouches for the revenue of the seller's own leads", async () => {
    const id = await visited(url);
    const sale = { event_id: 'sale_completed', transaction_id: id, revenue: 5 };
    const stranger = await key({ seller: 'sel_two', source: 'src_two' });
    for (const other of [stranger, deployment.keys.test]) {
      assert.deepEqual(told(await trigger(sale, { 'x-api-key': other })), [400, 'event_transaction_invalid']);
    }
    assert.equal((await trigger(sale, { 'x-api-key': deployment.keys.live })).status, 200);
    const stored = await record(id, 'sale_completed');
    assert.deepEqual([stored?.verified, stored?.origin], [true, 'key']);
  });

  it('a key that is not good is refused, though none is needed', async () => {
    const id = await visited(url);
    const answer = await trigger({ event_id: 'quote_viewed', transaction_id: id }, { 'x-api-key': 'lw_live_nonsense' });
    assert.deepEqual(told(answer), [401, 'unknown_key']);
  });

  it('an event may demand a key, which a page has not', async () => {
    const id = await visited(url);
    const event = { event_id: 'keyed', transaction_id: id, revenue: 1 };
    assert.deepEqual(told(await trigger(event)), [401, 'event_key_required']);
    const page = await key({ kind: 'browser', origins: [origin] });
    assert.deepEqual(told(await trigger(event, { 'x-api-key': page, origin })), [403, 'key_not_allowed']);
    assert.equal((await trigger(event, { 'x-api-key': deployment.keys.live })).status, 200);
  });

  it('an event that demands a key demands it in every way to fire it', async () => {
    const id = await visited(url);
    const event = { event_id: 'keyed', transaction_id: id, revenue: '1' };
    const query = new URLSearchParams(event).toString();
    const answers = await Promise.all([
      fetch(`${url}/api/event/trigger?cid=cmp_test&${query}`),
      fetch(`${url}/api/event/cmp_test?${query}`),
      fetch(`${url}/api/event/cmp_test`, { method: 'POST', body: new URLSearchParams(event) }),
    ]);
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      assert.equal(((await answer.json()) as Body)['code'], 'event_key_required');
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
  });

  it('an event may demand a signature', async () => {
    const id = await visited(url);
    const event = { cid: 'cmp_test', event_id: 'signed', transaction_id: id };
    assert.deepEqual(told(await trigger(event)), [401, 'event_key_required']);
    assert.deepEqual(told(await trigger(event, { 'x-api-key': deployment.keys.live })), [401, 'missing_signature']);
    const { key: signing, signingSecret = '' } = await deployment.keys.api.create({
      ...deployment.keys.order,
      signed: true,
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const body = Buffer.from(JSON.stringify(event));
    const target = '/api/event/trigger';
    const signature = signatureOf(signingSecret, { timestamp, method: 'POST', target, idempotencyKey: '', body });
    const headers = { 'x-api-key': signing, 'x-leadwire-timestamp': timestamp };
    const forged = { ...headers, 'x-leadwire-signature': `v1=${'0'.repeat(64)}` };
    assert.deepEqual(told(await trigger(event, forged)), [401, 'invalid_signature']);
    const answer = await send(`${url}${target}`, body.toString(), {
      ...headers,
      'x-leadwire-signature': `v1=${signature}`,
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  });

  it('pages of the origins that the campaign lists, with and without their key, and no others', async () => {
    const page = await key({ kind: 'browser', origins: [origin, 'https://elsewhere.example'] });
    const ways: Record<string, string>[] = [{}, { 'x-api-key': page }];
    for (const headers of ways) {
      const id = await visited(url);
      const event = { event_id: 'quote_viewed', transaction_id: id };
      const strange = await trigger(event, { ...headers, origin: 'https://elsewhere.example' });
      assert.deepEqual(told(strange), [403, 'origin_not_allowed']);
      assert.equal(strange.headers.get('access-control-allow-origin'), null);
      const answer = await trigger(event, { ...headers, origin });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal(answer.headers.get('access-control-allow-origin'), origin);
      assert.equal((await record(id, 'quote_viewed'))?.verified, false);
    }
    const other = await trigger({ cid: 'cmp_other', event_id: 'quote_viewed', transaction_id: 'txn_0' }, { origin });
    assert.deepEqual(told(other), [403, 'origin_not_allowed']);
    const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' };
    const preflight = await fetch(`${url}/api/event/trigger`, { method: 'OPTIONS', headers: asked });
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, origin]);
  });

  it('sandbox: an event of a sandbox lead is marked, in its answer and its record', async () => {
    const id = await postedLead(deployment, undefined, { 'x-api-key': deployment.keys.test });
    const { body } = await trigger({ event_id: 'sale_completed', transaction_id: id, revenue: 9 });
    assert.equal(body['sandbox'], true);
    assert.equal((await record(id, 'sale_completed'))?.mode, 'test');
    const live = (await deployment.get('/api/events?limit=200')).body['events'] as Body[];
    assert.ok(!live.some((event) => event['transaction_id'] === id));
    const headers = { 'x-api-key': deployment.keys.test };
    const seen = (await deployment.get(`/api/events?transaction_id=${id}`, headers)).body['events'] as Body[];
    assert.deepEqual([seen.length, seen[0]?.['sandbox'], seen[0]?.['revenue']], [1, true, 9]);
  });

  it('requests without a key are limited by address', async () => {
    const { url: strict } = await deployment.start({ addressRatePerMinute: 3 });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await send(`${strict}/api/event/trigger`, {}, {})).status);
    assert.equal(statuses.includes(429), true);
  });

  describe('an operator, on the command line', () => {
    it('triggers an event on a lead, whose revenue is vouched for, and finds it in the log', async () => {
      const leadwire = commandLine(deployment.variables);
      const id = await postedLead(deployment);
      const command = `event trigger --lead ${id} --event sale_completed --by eve`;
      const unpaid = await leadwire(command);
      assert.deepEqual([unpaid.code, unpaid.err], [1, ['revenue is required (revenue_required)']]);
      const done = await leadwire(`${command} --revenue 12.50 --field sub1=phone`);
      assert.equal(done.code, 0, done.err.join('\n'));
      assert.match(done.out.join('\n'), /^sale_completed is recorded on txn_\S+, a conversion of 12\.50 \(conv_\S+\)$/);
      const stored = await record(id, 'sale_completed');
      assert.deepEqual(
        [stored?.origin, stored?.by, stored?.verified, stored?.revenue],
        ['operator', 'eve', true, 12_500_000],
      );
      assert.equal((await deployment.models.leads.findById(id).lean())?.tracking['sub1'], 'phone');
      await eventually(async () => (await deployment.models.outbox.countDocuments({ lead: id })) === 0);

      const listed = await leadwire(`events --lead ${id}`);
      assert.match(listed.out[1] ?? '', /sale_completed +txn_\S+ +cmp_test +src_one +12\.50 +eve$/);
      const json = await leadwire(
        `events --event sale_completed --lead ${id} --campaign cmp_test --from 2026-01-01 --json`,
      );
      assert.deepEqual((JSON.parse(json.out[0] ?? '{}') as Body)['payload'], {
        ...{ sub1: 'phone', cid: 'cmp_test', event_id: 'sale_completed', transaction_id: id, revenue: '12.50' },
      });
      assert.deepEqual((await leadwire(`events --lead ${id} --to 2026-01-01`)).out, ['no event']);
      assert.equal((await leadwire('events --from yesterday')).code, 1);
      assert.equal((await leadwire('event trigger --lead txn_0 --event sale_completed --by eve')).code, 1);
      assert.equal((await leadwire(`${command} --field nonsense`)).code, 1);
    });
  });
});
