import assert from 'node:assert/strict';
import { createApiKeys, type ApiKeysDeps, type KeyOrder } from '../../config/api-keys.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

const HOUR_MS = 3_600_000;
const NORTH = { kind: 'seller', seller: 'sel_north', source: 'src_north', mode: 'live', by: 'ann' } as const;

describe('API keys', () => {
  let database: TestDatabase;
  before(async () => {
    database = await openTestDatabase('api_keys');
  });
  after(() => database.drop());
  afterEach(async () => {
    const { apiKeys, accessTokens, audit } = database.models;
    await Promise.all([apiKeys.deleteMany(), accessTokens.deleteMany(), audit.deleteMany()]);
  });

  const secretKey = Buffer.alloc(32, 7);
  const keys = (deps: Partial<ApiKeysDeps> = {}) => createApiKeys({ models: database.models, secretKey, ...deps });
  const audited = async () =>
    (await database.models.audit.find().sort({ at: 1 }).lean()).map(({ who, changes }) => `${who} ${changes[0]?.kind}`);

  it('makes a key with a public start and 128 random bits, of which only a hash is stored', async () => {
    const { key, id, signingSecret } = await keys().create({ ...NORTH, signed: true });
    assert.match(key, /^lw_live_[0-9a-f]{8}[0-9a-f]{32}$/);
    assert.ok(key.startsWith(id));
    assert.match(signingSecret ?? '', /^lw_sign_[0-9a-f]{64}$/);
    const everything = JSON.stringify([
      await database.connection.collection('keys').find().toArray(),
      await database.connection.collection('audit').find().toArray(),
    ]);
    assert.ok(!everything.includes(key.slice(id.length)));
    assert.ok(!everything.includes(signingSecret?.slice('lw_sign_'.length) ?? 'none'));
  });

  it('finds whom a key of each kind belongs to', async () => {
    const held = { mode: 'test', signed: false, expiresAt: null } as const;
    const seller = { kind: 'seller', seller: 'sel_north' } as const;
    const buyer = { kind: 'buyer', buyer: 'buy_acme' } as const;
    const origins = ['https://forms.example'];
    const browser = { kind: 'browser', seller: 'sel_north', source: 'src_north', origins } as const;
    for (const holder of [seller, { ...seller, source: 'src_north' }, buyer, browser]) {
      const order: KeyOrder = { ...holder, mode: 'test', by: 'ann' };
      const made = await keys().create(order);
      assert.match(made.id, holder.kind === 'browser' ? /^lw_pub_test_/ : /^lw_test_/);
      assert.deepEqual((await keys().lookup(made.key))?.holder, { id: made.id, ...held, ...holder });
    }
  });

  it('does not know an altered key, another mode or anything else', async () => {
    const { key } = await keys().create({ ...NORTH, mode: 'test' });
    const altered = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    for (const wrong of [
      altered,
      key.replace('test', 'live'),
      key.replace('lw_', 'lw_pub_'),
      key.toUpperCase(),
      `${key} `,
      '',
      'lw_test_',
      '__proto__',
      `lw_at_${'0'.repeat(64)}`,
    ]) {
      assert.equal(await keys().lookup(wrong), undefined, wrong);
    }
  });

  it('refuses a revoked key at once here and within two seconds elsewhere, and the tokens asked with it', async () => {
    let clock = Date.now();
    const [here, elsewhere] = [keys(), keys({ now: () => clock })];
    const { key, id } = await here.create(NORTH);
    const grant = await here.lookup(key);
    assert.ok(grant);
    const { token } = await here.issueToken(grant);
    assert.ok(await elsewhere.lookup(key));
    assert.equal((await elsewhere.lookup(token))?.holder.id, id);
    assert.equal(await here.revoke(id, 'ann'), true);
    assert.equal(await here.lookup(key), undefined);
    assert.equal(await here.lookup(token), undefined);
    clock += 2000;
    assert.equal(await elsewhere.lookup(key), undefined);
    assert.equal(await elsewhere.lookup(token), undefined);
    assert.equal(await here.revoke(id, 'ann'), false);
    assert.equal(await here.rotate(id, 0, 'ann'), undefined);
    assert.equal(await here.revoke('lw_live_00000000', 'ann'), false);
  });

  it('rotates with an overlap: both secrets are good until it ends, then the new one alone', async () => {
    let clock = Date.now();
    const all = keys({ now: () => clock });
    const old = await all.create({ ...NORTH, signed: true });
    const fresh = await all.rotate(old.id, HOUR_MS, 'bob');
    assert.ok(fresh);
    assert.equal(fresh.id, old.id);
    const during = await all.lookup(old.key);
    assert.equal(during?.until?.getTime(), clock + HOUR_MS);
    assert.deepEqual(during?.signingSecrets(), [old.signingSecret, fresh.signingSecret]);
    assert.equal((await all.lookup(fresh.key))?.until, null);
    assert.equal((await all.list())[0]?.oldUntil?.getTime(), clock + HOUR_MS);
    clock += HOUR_MS;
    assert.equal(await all.lookup(old.key), undefined);
    assert.deepEqual((await all.lookup(fresh.key))?.signingSecrets(), [fresh.signingSecret]);
    assert.equal((await all.list())[0]?.oldUntil, null);
    assert.deepEqual((await audited()).sort(), ['ann created', 'bob rotated']);
  });

  it('does not lengthen an overlap by another rotation, and without one ends the old secret and its tokens', async () => {
    let clock = Date.now();
    const all = keys({ now: () => clock });
    const first = await all.create(NORTH);
    const grant = await all.lookup(first.key);
    assert.ok(grant);
    const { token } = await all.issueToken(grant);
    await all.rotate(first.id, HOUR_MS, 'ann');
    clock += HOUR_MS / 2;
    const third = await all.rotate(first.id, 24 * HOUR_MS, 'ann');
    assert.equal((await all.lookup(first.key))?.until?.getTime(), clock + HOUR_MS / 2);
    await all.rotate(first.id, 0, 'ann');
    for (const ended of [first.key, third?.key ?? '', token]) assert.equal(await all.lookup(ended), undefined);
  });

  it('loses no secret when two people rotate at once', async () => {
    const { id } = await keys().create(NORTH);
    const issued = await Promise.all([keys().rotate(id, HOUR_MS, 'ann'), keys().rotate(id, HOUR_MS, 'bob')]);
    for (const one of issued) assert.ok(await keys().lookup(one?.key ?? ''));
  });

  it('ends a key at its expiry, and its tokens with it', async () => {
    let clock = Date.now();
    const all = keys({ now: () => clock });
    const expiresAt = new Date(clock + 60_000);
    const { key } = await all.create({ ...NORTH, expiresAt });
    const grant = await all.lookup(key);
    assert.deepEqual(grant?.until, expiresAt);
    const issued = await all.issueToken(grant as NonNullable<typeof grant>);
    assert.deepEqual(issued.expiresAt, expiresAt);
    clock += 60_000;
    assert.equal(await all.lookup(key), undefined);
    assert.equal(await all.lookup(issued.token), undefined);
  });

  it('hands out tokens that are good for an hour, of which only a hash is stored', async () => {
    let clock = Date.now();
    const all = keys({ now: () => clock });
    const { key, id } = await all.create(NORTH);
    const grant = await all.lookup(key);
    const { token, expiresAt } = await all.issueToken(grant as NonNullable<typeof grant>);
    assert.match(token, /^lw_at_[0-9a-f]{64}$/);
    assert.equal(expiresAt.getTime(), clock + HOUR_MS);
    const stored = await database.connection.collection('access_tokens').find().toArray();
    assert.ok(!JSON.stringify(stored).includes(token.slice(6)));
    assert.equal((await all.lookup(token))?.holder.id, id);
    clock += HOUR_MS;
    assert.equal(await all.lookup(token), undefined);
  });

  it('asks the database once for many requests with one key, good or not, known or not', async () => {
    const { key } = await keys().create(NORTH);
    let reads = 0;
    const counted = new Proxy(database.models.apiKeys, {
      get(model, name, receiver) {
        if (name === 'findById') reads++;
        return Reflect.get(model, name, receiver) as unknown;
      },
    });
    const cached = keys({ models: { ...database.models, apiKeys: counted } });
    await Promise.all(Array.from({ length: 50 }, () => cached.lookup(key)));
    for (let i = 0; i < 50; i++) await cached.lookup(`${key.slice(0, -4)}${1000 + i}`);
    assert.equal(reads, 1);
    const unknown = `lw_live_ffffffff${key.slice(-32)}`;
    for (let i = 0; i < 50; i++) await cached.lookup(unknown);
    assert.equal(reads, 2);
  });

  it('makes no signed key without a key to seal it with, and opens none that another key sealed', async () => {
    await assert.rejects(keys({ secretKey: undefined }).create({ ...NORTH, signed: true }), {
      code: 'secret_key_missing',
    });
    const { key } = await keys().create({ ...NORTH, signed: true });
    for (const other of [undefined, Buffer.alloc(32, 8)]) {
      const grant = await keys({ secretKey: other }).lookup(key);
      assert.throws(() => grant?.signingSecrets(), { code: 'secret_key_missing' });
    }
  });

  it('lists keys by their public start', async () => {
    const { id, key } = await keys().create({ ...NORTH, networks: ['203.0.113.0/24'] });
    await keys().revoke(id, 'bob');
    const [listed] = await keys().list();
    assert.ok(listed?.kind === 'seller');
    assert.equal(listed.id, id);
    assert.equal(listed.source, 'src_north');
    assert.deepEqual(listed.networks, ['203.0.113.0/24']);
    assert.ok(listed.revokedAt instanceof Date);
    assert.ok(!JSON.stringify(listed).includes(key.slice(id.length)));
    assert.deepEqual((await audited()).sort(), ['ann created', 'bob revoked']);
  });
});
