import assert from 'node:assert/strict';
import { aLead, eventually } from '../leads/deployment.ts';
import { createAccessDeployment, type AccessDeployment } from './deployment.ts';

describe('OAuth 2.0 client credentials', () => {
  let deployment: AccessDeployment;
  let client: { id: string; key: string; secret: string };
  before(async () => {
    deployment = await createAccessDeployment();
    const { id, key } = await deployment.keys.api.create(deployment.keys.order);
    client = { id, key, secret: key.slice(id.length) };
  });
  after(() => deployment.stop());

  const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    deployment.request('/oauth/token', headers, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
    });
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
  });
  const status = (token: unknown) => deployment.request('/api/status', { authorization: `Bearer ${String(token)}` });

  it('trades a key for a token, with Basic or in the body, by its secret part or as a whole', async () => {
    for (const [fields, headers] of [
      [{}, basic(client.id, client.secret)],
      [{}, basic(client.id, client.key)],
      [{ client_id: client.id }, basic(client.id, client.secret)],
      [{ client_id: client.id, client_secret: client.secret }, {}],
      [{ client_id: client.id, client_secret: client.key, scope: '' }, {}],
    ] as const) {
      const { status: code, headers: sent, body } = await ask(fields, headers);
      assert.equal(code, 200, JSON.stringify(body));
      assert.equal(sent.get('cache-control'), 'no-store');
      const { access_token: token, ...rest } = body;
      assert.equal(rest['token_type'], 'Bearer');
      assert.ok(Number(rest['expires_in']) > 3000 && Number(rest['expires_in']) <= 3600);
      const checked = await status(token);
      assert.equal(checked.body['key'], client.id);
      assert.ok(Date.parse(String(checked.body['expires_at'])) <= Date.now() + 3_600_000);
    }
  });

  it("is in the log of the key's requests, without the secret", async () => {
    assert.equal((await ask({ client_id: client.id, client_secret: client.secret })).status, 200);
    const logged = await eventually(async () => {
      const wanted = { route: '/oauth/token', key: client.id, status: 200 };
      return (await deployment.models.requestLog.findOne(wanted).lean()) ?? undefined;
    });
    assert.equal(logged.seller, 'sel_one');
    const everything = JSON.stringify(await deployment.models.requestLog.find().lean());
    assert.ok(!everything.includes(client.secret));
  });

  it('lets a token post a lead like its key', async () => {
    const { body } = await ask({}, basic(client.id, client.secret));
    const token = String(body['access_token']);
    const answer = await deployment.request(
      '/api/lead/cmp_test',
      { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      { method: 'POST', body: JSON.stringify(aLead()) },
    );
    assert.equal(answer.status, 200);
    assert.match(String(answer.body['transaction_id']), /^txn_/);
  });

  it('answers every mistake as RFC 6749 has it, beside our code', async () => {
    const right = { client_id: client.id, client_secret: client.secret };
    const wrong = '0'.repeat(32);
    const cases: [Record<string, string>, Record<string, string>, number, string, string][] = [
      [{ ...right, client_secret: wrong }, {}, 401, 'invalid_client', 'invalid_client'],
      [{ client_id: client.id }, {}, 401, 'invalid_client', 'invalid_client'],
      [{ client_secret: client.key }, {}, 401, 'invalid_client', 'invalid_client'],
      [{ ...right, client_id: 'lw_live_00000000' }, {}, 401, 'invalid_client', 'invalid_client'],
      [{ client_id: 'lw_live_00000000', client_secret: client.key }, {}, 401, 'invalid_client', 'invalid_client'],
      [{}, basic(client.id, wrong), 401, 'invalid_client', 'invalid_client'],
      [{}, { authorization: 'Basic %' }, 401, 'invalid_client', 'invalid_client'],
      [{}, { authorization: `Bearer ${client.key}` }, 401, 'invalid_client', 'invalid_client'],
      [right, basic(client.id, client.secret), 400, 'invalid_token_request', 'invalid_request'],
      [{ client_id: 'other' }, basic(client.id, client.secret), 400, 'invalid_token_request', 'invalid_request'],
      [{ ...right, grant_type: '' }, {}, 400, 'invalid_token_request', 'invalid_request'],
      [{ ...right, grant_type: 'password' }, {}, 400, 'unsupported_grant_type', 'unsupported_grant_type'],
      [{ ...right, scope: 'leads' }, {}, 400, 'invalid_scope', 'invalid_scope'],
    ];
    for (const [fields, headers, code, ours, theirs] of cases) {
      const answer = await ask(fields, headers);
      const { status: shown, type, code: named, error, error_description: described, message } = answer.body;
      const found = [answer.status, shown, type, named, error];
      assert.deepEqual(found, [code, code, 'error', ours, theirs], JSON.stringify([fields, headers]));
      assert.equal(described, message);
      assert.equal(answer.headers.get('www-authenticate'), code === 401 ? 'Basic realm="leadwire"' : null);
    }
    const unread = await deployment.request(
      '/oauth/token',
      { 'content-type': 'text/plain' },
      { method: 'POST', body: 'x' },
    );
    assert.deepEqual([unread.status, unread.body['error']], [415, 'invalid_request']);
  });

  it('gives publishable keys no token, and none to an address that the key may not be used from', async () => {
    const { api, order } = deployment.keys;
    const origins = ['https://forms.example'];
    const page = await api.create({ ...order, kind: 'browser', origins });
    const refused = await ask({ client_id: page.id, client_secret: page.key });
    assert.deepEqual([refused.status, refused.body['error']], [400, 'unauthorized_client']);
    const bound = await api.create({ ...order, networks: ['203.0.113.0/24'] });
    const fields = { client_id: bound.id, client_secret: bound.key };
    const elsewhere = await ask(fields);
    assert.deepEqual([elsewhere.status, elsewhere.body['code']], [403, 'address_not_allowed']);
    const issued = await ask(fields, { 'x-forwarded-for': '203.0.113.7' });
    assert.equal(issued.status, 200);
    // The token is bound to the same addresses.
    assert.equal((await status(issued.body['access_token'])).body['code'], 'address_not_allowed');
  });

  it('ends tokens with their key', async () => {
    const { api, order } = deployment.keys;
    const made = await api.create(order);
    const { body } = await ask({}, basic(made.id, made.key));
    assert.equal((await status(body['access_token'])).status, 200);
    await api.revoke(made.id, 'test');
    const refused = await eventually(async () => {
      const answer = await status(body['access_token']);
      return answer.status !== 200 && answer;
    });
    assert.deepEqual([refused.status, refused.body['code']], [401, 'unknown_key']);
  });
});
