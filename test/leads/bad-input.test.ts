import assert from 'node:assert/strict';
import { aLead, createDeployment, send, type Answer, type Deployment } from './deployment.ts';

describe('bad input', () => {
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment();
    url = `${(await deployment.start()).url}/api/lead`;
  });
  after(() => deployment.stop());
  beforeEach(() => deployment.buyers.clear());

  const keyed = (headers: Record<string, string> = {}) => ({ 'x-api-key': deployment.keys.live, ...headers });

  async function refused(answer: Promise<Answer>, status: number, code: string): Promise<Answer> {
    const before = await deployment.models.leads.countDocuments();
    const { status: got, body, headers } = await answer;
    assert.deepEqual([got, body['code'], body['type'], body['status']], [status, code, 'error', status]);
    assert.equal(typeof body['message'], 'string');
    assert.equal(await deployment.models.leads.countDocuments(), before, 'nothing may be half-written');
    assert.equal(await deployment.models.outbox.countDocuments({ at: { $gt: new Date() } }), 0);
    assert.deepEqual(deployment.buyers.log(), []);
    return { status: got, body, headers };
  }

  it('no key: 401 missing_key', () => refused(send(`${url}/cmp_test`, aLead(), {}), 401, 'missing_key'));
  it('an unknown key: 401 unknown_key', () =>
    refused(send(`${url}/cmp_test`, aLead(), { 'x-api-key': `lw_live_${'0'.repeat(40)}` }), 401, 'unknown_key'));
  it('an unknown campaign: 404 unknown_campaign', () =>
    refused(send(`${url}/cmp_nobody`, aLead(), keyed()), 404, 'unknown_campaign'));
  it('a paused source: 403 source_inactive', async () => {
    const { key } = await deployment.keys.api.create({ ...deployment.keys.order, source: 'src_paused' });
    await refused(send(`${url}/cmp_test`, aLead(), { 'x-api-key': key }), 403, 'source_inactive');
  });
  it('a campaign that the source may not post to: 403 campaign_not_allowed', async () => {
    const { key } = await deployment.keys.api.create({ ...deployment.keys.order, source: 'src_elsewhere' });
    await refused(send(`${url}/cmp_test`, aLead(), { 'x-api-key': key }), 403, 'campaign_not_allowed');
  });
  it('broken JSON: 400 invalid_json', () => refused(send(`${url}/cmp_test`, '{"zip": ', keyed()), 400, 'invalid_json'));
  it('JSON that is no object: 400 invalid_body', () =>
    refused(send(`${url}/cmp_test`, '[1, 2]', keyed()), 400, 'invalid_body'));
  it('invalid UTF-8: 400 invalid_encoding', async () => {
    const body = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    const answer = await fetch(`${url}/cmp_test`, {
      method: 'POST',
      headers: keyed({ 'content-type': 'application/json' }),
      body,
    });
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [400, 'invalid_encoding']);
  });
  it('another content type: 415 unsupported_content_type', () =>
    refused(
      send(`${url}/cmp_test`, 'zip=10001', keyed({ 'content-type': 'text/plain' })),
      415,
      'unsupported_content_type',
    ));
  it('a compressed body: 415 unsupported_content_type', () =>
    refused(send(`${url}/cmp_test`, aLead(), keyed({ 'content-encoding': 'gzip' })), 415, 'unsupported_content_type'));
  it('a form with a field twice: 400 invalid_body', () =>
    refused(
      send(`${url}/cmp_test`, 'zip=10001&zip=10002', keyed({ 'content-type': 'application/x-www-form-urlencoded' })),
      400,
      'invalid_body',
    ));
  it('a 2 MB body: 413 body_too_large', () =>
    refused(
      send(`${url}/cmp_test`, { ...aLead(), note: 'x'.repeat(2 * 1024 * 1024) }, keyed()),
      413,
      'body_too_large',
    ));
  it('missing and invalid fields: 400 invalid_fields, naming them all and quoting none', async () => {
    const lead = { zip: '1', first_name: 'Ada', last_name: 'L', email: 'not-an-address', age: 'many' };
    const { body } = await refused(send(`${url}/cmp_test`, lead, keyed()), 400, 'invalid_fields');
    assert.deepEqual(Object.keys(body['missingFields'] as object), ['phone']);
    assert.deepEqual(Object.keys(body['invalidFields'] as object).sort(), ['age', 'email', 'zip']);
    assert.ok(!JSON.stringify(body).includes('not-an-address'));
  });
  it('a nested value where a field is text: 400 invalid_fields', () =>
    refused(send(`${url}/cmp_test`, aLead({ first_name: { a: 1 } }), keyed()), 400, 'invalid_fields'));
  it('a bad Idempotency-Key: 400 invalid_idempotency_key', () =>
    refused(
      send(`${url}/cmp_test`, aLead(), keyed({ 'idempotency-key': 'x'.repeat(256) })),
      400,
      'invalid_idempotency_key',
    ));
  it('an unknown address: 404 not_found; a wrong method: 405 method_not_allowed', async () => {
    const nowhere = await deployment.get('/api/nothing');
    assert.deepEqual([nowhere.status, nowhere.body['code']], [404, 'not_found']);
    const answer = await fetch(`${url}/cmp_test`, { method: 'PUT', headers: keyed() });
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [405, 'method_not_allowed']);
  });
  it('an unknown lead: 404 unknown_lead', async () => {
    for (const id of ['txn_0', 'txn_0190a0a0-0000-7000-8000-000000000000', '%00']) {
      const { status, body } = await deployment.get(`/api/lead/${id}`);
      assert.deepEqual([status, body['code']], [404, 'unknown_lead']);
    }
  });

  it('the same Idempotency-Key and body: the same lead; another body: 422', async () => {
    const lead = aLead();
    const headers = keyed({ 'idempotency-key': `key-${String(lead['phone'])}` });
    const first = await send(`${url}/cmp_test`, lead, headers);
    const again = await send(`${url}/cmp_test`, lead, headers);
    assert.equal(first.body['outcome'], 'sold');
    assert.deepEqual(again.body, first.body);
    assert.equal(deployment.buyers.log({ op: 'post' }).length, 1);
    deployment.buyers.clear();
    await refused(send(`${url}/cmp_test`, { ...lead, zip: '90210' }, headers), 422, 'idempotency_key_reused');
  });

  it('the same Idempotency-Key while the first is in flight: 409 idempotency_in_flight', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { delayMs: 500 } });
    const lead = aLead();
    const headers = keyed({ 'idempotency-key': `key-${String(lead['phone'])}` });
    const answers = await Promise.all([1, 2, 3].map(() => send(`${url}/cmp_test`, lead, headers)));
    deployment.buyers.resetBehaviour();
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
    const refusedAnswer = answers.find(({ status }) => status === 409);
    assert.equal(refusedAnswer?.body['code'], 'idempotency_in_flight');
    assert.ok(refusedAnswer.headers.get('retry-after'));
  });
});
