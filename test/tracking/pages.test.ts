import assert from 'node:assert/strict';
import { aLead, createDeployment, send, type Deployment } from '../leads/deployment.ts';
import { applyTracking, browserKey } from './campaign.ts';

const SHOP = 'https://shop.example';
const BLOG = 'https://blog.example';
const STRANGER = 'https://stranger.example';

describe('pages in browsers', () => {
  let deployment: Deployment;
  let base: string;
  let key: string;
  before(async () => {
    deployment = await createDeployment();
    await applyTracking(
      deployment,
      {
        allowedOrigins: [SHOP, BLOG],
        events: [{ on: 'click', selector: '.call', event: 'call_clicked' }],
        form: { consent: 'You may call me.', submitLabel: 'Get a quote' },
      },
      {
        campaign: {
          dedupe: { fields: ['phone'], withinDays: 30 },
          fields: [
            { name: 'zip', type: 'zip', required: 'ping', label: 'ZIP' },
            { name: 'first_name', type: 'text', required: 'post' },
            { name: 'last_name', type: 'text', required: 'post' },
            { name: 'email', type: 'email', required: 'post' },
            { name: 'phone', type: 'phone', required: 'post' },
            { name: 'product', type: 'enum', values: ['solar', 'roof'], hidden: true },
          ],
        },
      },
    );
    base = (await deployment.start()).url;
    key = await browserKey(deployment, [SHOP, STRANGER]);
  });
  after(() => deployment.stop());
  beforeEach(() => deployment.buyers.resetBehaviour());

  const fromPage = (origin: string, lead = aLead(), headers: Record<string, string> = {}) =>
    send(`${base}/api/lead/cmp_test`, lead, { 'x-api-key': key, origin, ...headers });
  const preflight = (path: string, origin: string, method = 'POST') =>
    fetch(base + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'x-api-key' },
    });
  const allowed = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin');

  describe('the scripts', () => {
    for (const name of ['sdk.js', 'form.js']) {
      it(`${name} is under 10 kB, kept by browsers and taken for nothing but a script`, async () => {
        const answer = await fetch(`${base}/${name}`);
        const text = await answer.text();
        assert.equal(answer.status, 200);
        assert.ok(text.length > 1000 && Buffer.byteLength(text) < 10_000, `${Buffer.byteLength(text)} bytes`);
        assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
        assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
        assert.match(answer.headers.get('cache-control') ?? '', /max-age=\d+/);
        const etag = answer.headers.get('etag') ?? '';
        const again = await fetch(`${base}/${name}`, { headers: { 'if-none-match': etag } });
        assert.deepEqual([again.status, (await again.text()).length, again.headers.get('etag')], [304, 0, etag]);
      });
    }
  });

  describe('cross-origin requests', () => {
    it('are answered for the origins that the campaign lists, and for no other', async () => {
      for (const origin of [SHOP, BLOG]) {
        const answer = await preflight('/api/lead/cmp_test', origin);
        assert.deepEqual([answer.status, allowed(answer)], [204, origin]);
        assert.equal(answer.headers.get('access-control-allow-methods'), 'POST');
        assert.match(answer.headers.get('access-control-allow-headers') ?? '', /x-api-key/);
        assert.match(answer.headers.get('vary') ?? '', /Origin/);
      }
      for (const origin of [STRANGER, 'null', `${SHOP}.stranger.example`, 'http://shop.example', `${SHOP}:444`]) {
        const answer = await preflight('/api/lead/cmp_test', origin);
        assert.deepEqual([answer.status, allowed(answer)], [403, null], origin);
      }
      assert.equal(allowed(await preflight('/api/lead/cmp_elsewhere', SHOP)), null);
    });

    it('are answered readably when they fail, too', async () => {
      const refused = await fromPage(SHOP, aLead({ phone: 'none', zip: '' }));
      assert.deepEqual([refused.status, allowed(refused)], [400, SHOP]);
      assert.deepEqual(Object.keys(refused.body['missingFields'] as object), ['zip']);
      assert.deepEqual(Object.keys(refused.body['invalidFields'] as object), ['phone']);
    });

    it('get no leave on any other address', async () => {
      for (const path of ['/api/lead/txn_x', '/api/status', '/healthz', '/openapi.json', '/sdk.js', '/metrics']) {
        const answer = await fetch(base + path, { headers: { origin: SHOP } });
        assert.equal(allowed(answer), null, path);
        assert.equal(allowed(await preflight(path, SHOP, 'GET')), null, path);
      }
    });
  });

  describe('a publishable key', () => {
    it('submits, and is told no price, bid, reason or status address', async () => {
      deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
      const sold = await fromPage(SHOP);
      assert.deepEqual([sold.status, allowed(sold), sold.body['outcome']], [200, SHOP, 'accepted']);
      assert.match(String(sold.body['redirect_url']), /^https?:/);
      const known = ['outcome', 'redirect_url', 'status', 'transaction_id', 'type'];
      assert.deepEqual(Object.keys(sold.body).sort(), known);
      const lead = await deployment.models.leads.findById(sold.body['transaction_id']).lean();
      assert.deepEqual([lead?.outcome, lead?.source], ['sold', 'src_one']);
    });

    it('cannot tell a duplicate from a lead that nobody takes', async () => {
      const lead = aLead();
      assert.equal((await fromPage(SHOP, lead)).body['outcome'], 'accepted');
      const duplicate = await fromPage(SHOP, lead);
      for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { mode: 'reject' } });
      const rejected = await fromPage(SHOP);
      const said = ({ status, body }: typeof rejected) => ({ ...body, http: status, transaction_id: '' });
      assert.deepEqual(said(duplicate), said(rejected));
      assert.equal(duplicate.body['outcome'], 'received');
      const stored = await deployment.models.leads.findById(duplicate.body['transaction_id']).lean();
      assert.equal(stored?.outcome, 'duplicate');
    });

    it('works from its own origins only', async () => {
      for (const origin of [BLOG, 'null', `${SHOP}/`]) {
        const { status, body } = await fromPage(origin);
        assert.deepEqual([status, body['code']], [403, 'origin_not_allowed'], origin);
      }
      const { status, body } = await send(`${base}/api/lead/cmp_test`, aLead(), { 'x-api-key': key });
      assert.deepEqual([status, body['code']], [403, 'origin_not_allowed']);
      const visit = await fetch(`${base}/click/cmp_test?key=${key}&format=json`, { headers: { origin: BLOG } });
      assert.deepEqual([visit.status, ((await visit.json()) as { code: string }).code], [403, 'origin_not_allowed']);
    });

    it('reads nothing', async () => {
      const id = String((await fromPage(SHOP)).body['transaction_id']);
      for (const path of [`/api/lead/${id}`, '/api/report', '/api/requests']) {
        const { status, body } = await deployment.get(path, { 'x-api-key': key, origin: SHOP });
        assert.deepEqual([status, body['code']], [403, 'key_not_allowed'], path);
      }
    });

    it('of the sandbox makes sandbox visits and leads', async () => {
      const testKey = await browserKey(deployment, [SHOP], 'test');
      const answer = await fetch(`${base}/click/cmp_test?key=${testKey}&format=json`, { headers: { origin: SHOP } });
      const visit = (await answer.json()) as Record<string, unknown>;
      assert.equal(visit['sandbox'], true);
      const lead = aLead({ transaction_id: visit['transaction_id'] });
      const { body } = await fromPage(SHOP, lead, { 'x-api-key': testKey });
      assert.deepEqual([body['transaction_id'], body['sandbox']], [visit['transaction_id'], true]);
    });

    it("gets the campaign's settings for pages, without what is hidden", async () => {
      const { status, body } = await deployment.get(`/sdk/cmp_test?key=${key}`, { origin: SHOP });
      assert.equal(status, 200);
      const fields = body['fields'] as Record<string, unknown>[];
      assert.deepEqual(fields[0], { name: 'zip', label: 'ZIP', type: 'zip', required: true });
      const names = ['zip', 'first_name', 'last_name', 'email', 'phone'];
      assert.deepEqual(
        fields.map(({ name }) => name),
        names,
      );
      assert.deepEqual(body['events'], [{ on: 'click', selector: '.call', event: 'call_clicked' }]);
      assert.deepEqual(body['form'], {
        consent: 'You may call me.',
        submitLabel: 'Get a quote',
        steps: [{ fields: names }],
      });
      assert.equal(JSON.stringify(body).includes('buy_'), false);
    });
  });
});
