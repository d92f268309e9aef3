import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { signatureOf } from '../../server/access/signature.ts';
import { readPage } from '../docs/pages.ts';
import { aLead } from '../leads/deployment.ts';
import { createAccessDeployment, type AccessDeployment } from './deployment.ts';

const run = promisify(execFile);
const PAGE = readPage('docs/authentication.md');

describe('signed requests', () => {
  let deployment: AccessDeployment;
  let signed: { id: string; key: string; signingSecret: string };
  before(async () => {
    deployment = await createAccessDeployment();
    const { api, order } = deployment.keys;
    signed = { signingSecret: '', ...(await api.create({ ...order, signed: true })) };
  });
  after(() => deployment.stop());

  interface Request {
    method: 'GET' | 'POST';
    target: string;
    idempotencyKey?: string;
    body?: string;
  }
  const status: Request = { method: 'GET', target: '/api/status' };
  const post = (): Request => ({ method: 'POST', target: '/api/lead/cmp_test', body: JSON.stringify(aLead()) });

  function signatureFor(
    { method, target, idempotencyKey = '', body = '' }: Request,
    { secret = signed.signingSecret, timestamp = String(Math.floor(Date.now() / 1000)) } = {},
  ) {
    const signature = signatureOf(secret, { timestamp, method, target, idempotencyKey, body: Buffer.from(body) });
    return { 'x-leadwire-timestamp': timestamp, 'x-leadwire-signature': `v1=${signature}` };
  }

  async function send({ method, target, idempotencyKey, body }: Request, headers: Record<string, string>) {
    const given = {
      'x-api-key': signed.key,
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    };
    const answer = await deployment.request(target, given, { method, ...(body ? { body } : {}) });
    return answer.status === 200 ? 'passed' : answer.body['code'];
  }

  it('pass when the signature is right, with a body and without', async () => {
    assert.equal(await send(status, signatureFor(status)), 'passed');
    for (const lead of [
      post(),
      { ...post(), idempotencyKey: 'k1' },
      { ...post(), target: '/api/lead/cmp_test?x=%C3%A4' },
    ]) {
      assert.equal(await send(lead, signatureFor(lead)), 'passed', lead.target);
    }
  });

  it('are refused without a signature, or with something else', async () => {
    const before = await deployment.models.leads.countDocuments();
    const lead = post();
    const right = signatureFor(lead);
    const attempts: Record<string, string>[] = [
      {},
      { 'x-leadwire-timestamp': right['x-leadwire-timestamp'] },
      { 'x-leadwire-signature': right['x-leadwire-signature'] },
      { ...right, 'x-leadwire-timestamp': 'now' },
      { ...right, 'x-leadwire-signature': right['x-leadwire-signature'].slice(3) },
      { ...right, 'x-leadwire-signature': right['x-leadwire-signature'].replace('v1', 'v2') },
      { ...right, 'x-leadwire-signature': right['x-leadwire-signature'].slice(0, -2) },
    ];
    for (const headers of attempts) {
      assert.equal(await send(lead, headers), 'missing_signature', JSON.stringify(headers));
    }
    assert.equal(await send(status, {}), 'missing_signature');
    assert.equal(await deployment.models.leads.countDocuments(), before);
  });

  it('are refused when any part is not what was signed', async () => {
    const before = await deployment.models.leads.countDocuments();
    const lead = { ...post(), idempotencyKey: 'k2' };
    const other = signatureFor(lead, { secret: 'lw_sign_other' });
    assert.equal(await send(lead, other), 'invalid_signature');
    const { idempotencyKey: _, ...without } = lead;
    for (const changed of [
      { ...lead, target: `${lead.target}?x=1` },
      { ...lead, body: lead.body?.replace('10001', '10002') ?? '' },
      { ...lead, body: `${lead.body} ` },
      { ...lead, idempotencyKey: 'k3' },
      without,
    ]) {
      assert.equal(await send(changed, signatureFor(lead)), 'invalid_signature', JSON.stringify(changed));
    }
    const late = String(Math.floor(Date.now() / 1000) + 60);
    assert.equal(await send(lead, { ...signatureFor(lead), 'x-leadwire-timestamp': late }), 'invalid_signature');
    assert.equal(await deployment.models.leads.countDocuments(), before);
  });

  it('are refused when they are older or newer than five minutes', async () => {
    const at = (seconds: number) => ({ timestamp: String(Math.floor(Date.now() / 1000) + seconds) });
    for (const seconds of [-360, 360]) {
      assert.equal(await send(status, signatureFor(status, at(seconds))), 'stale_signature');
    }
    for (const seconds of [-200, 200]) assert.equal(await send(status, signatureFor(status, at(seconds))), 'passed');
  });

  it('that are copied get the answer of the first one, when they carry an idempotency key', async () => {
    const lead = { ...post(), idempotencyKey: 'copied' };
    const headers = { 'x-api-key': signed.key, 'content-type': 'application/json', 'idempotency-key': 'copied' };
    const copy = { ...headers, ...signatureFor(lead) };
    const rest = { method: 'POST', ...(lead.body ? { body: lead.body } : {}) };
    const first = await deployment.request(lead.target, copy, rest);
    const second = await deployment.request(lead.target, copy, rest);
    assert.equal(first.status, 200);
    assert.equal(second.body['transaction_id'], first.body['transaction_id']);
  });

  it('take either signing secret while a rotation overlaps, and one right signature among several', async () => {
    const { api, order } = deployment.keys;
    const old = await api.create({ ...order, signed: true });
    const fresh = await api.rotate(old.id, 3_600_000, 'test');
    for (const secret of [old.signingSecret, fresh?.signingSecret]) {
      const headers = { 'x-api-key': old.key, ...signatureFor(status, { secret: secret ?? '' }) };
      assert.equal(await send(status, headers), 'passed');
      const several = `v1=${'0'.repeat(64)}, ${headers['x-leadwire-signature']}`;
      assert.equal(await send(status, { ...headers, 'x-leadwire-signature': several }), 'passed');
    }
  });

  it('are demanded of access tokens too', async () => {
    const fields = { grant_type: 'client_credentials', client_id: signed.id, client_secret: signed.key };
    const asked = { method: 'POST', body: new URLSearchParams(fields) };
    const { body } = await deployment.request('/oauth/token', {}, asked);
    const bearer = { authorization: `Bearer ${String(body['access_token'])}` };
    const unsigned = await deployment.request('/api/status', bearer);
    assert.deepEqual([unsigned.status, unsigned.body['code']], [401, 'missing_signature']);
    assert.equal((await deployment.request('/api/status', { ...bearer, ...signatureFor(status) })).status, 200);
  });

  describe('as docs/authentication.md shows them', () => {
    const example = (language: string) =>
      [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].find(
        ([, name, text]) => name === language && text?.includes('SIGNING_SECRET'),
      )?.[2] ?? assert.fail(language);
    const env = () => ({
      ...process.env,
      LEADWIRE_URL: deployment.url,
      LEADWIRE_KEY: signed.key,
      LEADWIRE_SIGNING_SECRET: signed.signingSecret,
    });

    it('work in a shell', async () => {
      const script = example('sh').replaceAll('cmp_auto', 'cmp_test');
      const { stdout } = await run('bash', ['-euc', script], { env: env() });
      assert.match(String((JSON.parse(stdout) as Record<string, unknown>)['transaction_id']), /^txn_/);
    });

    it('work in Node.js', async () => {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', example('js')], { env: env() });
      assert.equal((JSON.parse(stdout) as Record<string, unknown>)['key'], signed.id);
    });

    it('have the signature of the example to check against', () => {
      const shown = /^```text\n([0-9a-f]{64})\n```$/m.exec(PAGE)?.[1];
      const parts = {
        timestamp: '1795262400',
        method: 'POST',
        target: '/api/lead/cmp_auto?x=1',
        idempotencyKey: '7f3c',
      };
      assert.equal(signatureOf('lw_sign_example', { ...parts, body: Buffer.from('{"zip":"10001"}') }), shown);
    });
  });
});
