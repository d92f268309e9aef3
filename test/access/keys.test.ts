import assert from 'node:assert/strict';
import { aLead, eventually } from '../leads/deployment.ts';
import { createAccessDeployment, type AccessDeployment } from './deployment.ts';

describe('access with keys', () => {
  let deployment: AccessDeployment;
  before(async () => {
    deployment = await createAccessDeployment();
  });
  after(() => deployment.stop());

  const created = async (changes: Partial<Parameters<AccessDeployment['keys']['api']['create']>[0]>) =>
    (await deployment.keys.api.create({ ...deployment.keys.order, ...changes } as never)).key;
  const sellerWide = (seller: string) => created({ kind: 'seller', seller, source: undefined });
  const status = (headers: Record<string, string>) => deployment.request('/api/status', headers);
  const outcome = ({ status: code, body }: { status: number; body: Record<string, unknown> }) => [code, body['code']];

  it('takes a key in x-api-key or as Authorization: Bearer, also when both hold it', async () => {
    const { live } = deployment.keys;
    const ways: Record<string, string>[] = [
      { 'x-api-key': live },
      { authorization: `Bearer ${live}` },
      { authorization: `bearer ${live}` },
      { 'x-api-key': live, authorization: `Bearer ${live}` },
      { 'x-api-key': live, authorization: 'Basic Og==' },
    ];
    for (const headers of ways) {
      assert.equal((await status(headers)).status, 200, JSON.stringify(Object.keys(headers)));
    }
  });

  it('refuses no key, an unknown one and two that differ, and says how to authenticate', async () => {
    const { live, test } = deployment.keys;
    const missing = await status({});
    assert.deepEqual(outcome(missing), [401, 'missing_key']);
    assert.equal(missing.headers.get('www-authenticate'), 'Bearer realm="leadwire"');
    const unknown = await status({ authorization: `Bearer ${live.slice(0, -1)}` });
    assert.deepEqual(outcome(unknown), [401, 'unknown_key']);
    assert.match(unknown.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    assert.deepEqual(outcome(await status({ authorization: 'Basic Og==' })), [401, 'missing_key']);
    assert.deepEqual(outcome(await status({ 'x-api-key': `${live}, ${live}` })), [401, 'unknown_key']);
    const both = await status({ 'x-api-key': live, authorization: `Bearer ${test}` });
    assert.deepEqual(outcome(both), [400, 'conflicting_keys']);
  });

  it("tells a seller's key what it is and where it may post", async () => {
    const { status: code, body } = await status({ 'x-api-key': deployment.keys.test });
    assert.equal(code, 200);
    const { time, ...rest } = body;
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      status: 200,
      type: 'success',
      key: deployment.keys.test.slice(0, 'lw_test_00000000'.length),
      kind: 'seller',
      mode: 'test',
      seller: 'sel_one',
      source: 'src_one',
      sources: [{ id: 'src_one', active: true, default: true, campaigns: ['cmp_test'] }],
      campaigns: [{ id: 'cmp_test', name: 'Test', active: true }],
      signed: false,
      expires_at: null,
    });
  });

  it('tells a key of a whole seller its sources, and a key of a buyer its campaigns', async () => {
    const seller = await status({ 'x-api-key': await sellerWide('sel_one') });
    assert.deepEqual(seller.body['sources'], [
      { id: 'src_one', active: true, default: false, campaigns: ['cmp_test'] },
      { id: 'src_paused', active: false, default: false, campaigns: ['cmp_test'] },
      { id: 'src_elsewhere', active: true, default: false, campaigns: [] },
    ]);
    assert.ok(!('source' in seller.body));
    const buyer = await status({ 'x-api-key': await created({ kind: 'buyer', buyer: 'buy_alpha' }) });
    const { kind, buyer: id, campaigns } = buyer.body;
    assert.deepEqual(
      { kind, id, campaigns },
      {
        kind: 'buyer',
        id: 'buy_alpha',
        campaigns: [{ id: 'cmp_test', name: 'Test', active: true }],
      },
    );
  });

  it('keeps kinds apart: a buyer posts nothing, a publishable key reads nothing', async () => {
    const buyer = await created({ kind: 'buyer', buyer: 'buy_alpha' });
    assert.deepEqual(outcome(await deployment.post(aLead(), { 'x-api-key': buyer })), [403, 'key_not_allowed']);
    const origins = ['https://forms.example'];
    const page = await created({ kind: 'browser', seller: 'sel_one', source: 'src_one', origins });
    assert.match(page, /^lw_pub_live_/);
    const read = { 'x-api-key': page, origin: 'https://forms.example' };
    assert.deepEqual(outcome(await status(read)), [403, 'key_not_allowed']);
  });

  it('posts for the source that pid names, and for no other seller', async () => {
    const key = { 'x-api-key': await sellerWide('sel_one') };
    const sold = await deployment.post(aLead({ pid: 'src_one' }), key);
    assert.equal(sold.status, 200);
    const stored = await deployment.models.leads.findById(sold.body['transaction_id']).lean();
    assert.deepEqual([stored?.seller, stored?.source], ['sel_one', 'src_one']);
    for (const [pid, code] of [
      ['src_two', 'source_not_allowed'],
      ['src_none', 'source_not_allowed'],
      ['src_paused', 'source_inactive'],
      ['src_elsewhere', 'campaign_not_allowed'],
    ]) {
      assert.deepEqual(outcome(await deployment.post(aLead({ pid }), key)), [403, code], pid);
    }
    assert.deepEqual(outcome(await deployment.post(aLead(), key)), [400, 'source_required']);
    assert.deepEqual(outcome(await deployment.post(aLead({ pid: 'src_elsewhere' }))), [403, 'source_not_allowed']);
  });

  it("posts for the seller's default source without pid", async () => {
    const sold = await deployment.post(aLead(), { 'x-api-key': await sellerWide('sel_two') });
    const stored = await deployment.models.leads.findById(sold.body['transaction_id']).lean();
    assert.deepEqual([stored?.seller, stored?.source], ['sel_two', 'src_two']);
  });

  it("reads every lead of the seller with the seller's key, a source's with its own, none of another mode", async () => {
    const posted = await deployment.post(aLead());
    const path = `/api/lead/${String(posted.body['transaction_id'])}`;
    const read = async (key: string) => (await deployment.request(path, { 'x-api-key': key })).status;
    const whole = { kind: 'seller', seller: 'sel_one', source: undefined } as const;
    assert.equal(await read(await created(whole)), 200);
    assert.equal(await read(await created({ ...whole, mode: 'test' })), 404);
    assert.equal(await read(await created({ ...whole, source: 'src_paused' })), 404);
    assert.equal(await read(await sellerWide('sel_two')), 404);
  });

  it('binds a key to addresses, as the trusted proxy tells them', async () => {
    const key = await created({ networks: ['203.0.113.0/24', '2001:db8::/32'] });
    const from = (address: string) => status({ 'x-api-key': key, 'x-forwarded-for': address });
    assert.equal((await from('203.0.113.7')).status, 200);
    assert.equal((await from('198.51.100.1, ::ffff:203.0.113.7')).status, 200);
    assert.equal((await from('2001:db8::7')).status, 200);
    assert.deepEqual(outcome(await from('203.0.113.7, 198.51.100.1')), [403, 'address_not_allowed']);
    assert.deepEqual(outcome(await from('203.0.113.7, unknown')), [403, 'address_not_allowed']);
    assert.deepEqual(outcome(await status({ 'x-api-key': key })), [403, 'address_not_allowed']);
  });

  it('takes both secrets of a rotated key while they overlap, and says when the old one ends', async () => {
    const { api, order } = deployment.keys;
    const old = await api.create(order);
    assert.equal((await status({ 'x-api-key': old.key })).body['expires_at'], null);
    const fresh = await api.rotate(old.id, 3_600_000, 'test');
    // The node may still know the key as it was before.
    const answer = await eventually(async () => {
      const found = await status({ 'x-api-key': fresh?.key ?? '' });
      return found.status === 200 && found;
    });
    assert.equal(answer.body['expires_at'], null);
    const left = (await status({ 'x-api-key': old.key })).body['expires_at'];
    assert.ok(Date.parse(String(left)) > Date.now());
  });
});
