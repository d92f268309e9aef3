import assert from 'node:assert/strict';
import { createApiKeys } from '../../config/api-keys.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

describe('API keys', () => {
  let database: TestDatabase;
  before(async () => {
    database = await openTestDatabase('api_keys');
  });
  after(() => database.drop());
  afterEach(async () => {
    await Promise.all([database.models.apiKeys.deleteMany(), database.models.audit.deleteMany()]);
  });

  const keysAt = (now: () => number) => createApiKeys({ models: database.models, now });
  const keys = () => createApiKeys({ models: database.models });

  it('makes a key with a public start and 128 random bits, of which only a hash is stored', async () => {
    const { key, id } = await keys().create({ source: 'src_north', mode: 'live', by: 'ann' });
    assert.match(key, /^lw_live_[0-9a-f]{8}[0-9a-f]{32}$/);
    assert.ok(key.startsWith(id));
    const everything = JSON.stringify([
      await database.connection.collection('api_keys').find().toArray(),
      await database.connection.collection('audit').find().toArray(),
    ]);
    assert.ok(!everything.includes(key.slice(id.length)));
  });

  it('finds whom a key belongs to', async () => {
    const made = await keys().create({ source: 'src_north', mode: 'test', by: 'ann' });
    assert.deepEqual(await keys().lookup(made.key), { id: made.id, source: 'src_north', mode: 'test' });
  });

  it('does not know an altered key, another mode or anything else', async () => {
    const { key } = await keys().create({ source: 'src_north', mode: 'test', by: 'ann' });
    const altered = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    for (const wrong of [
      altered,
      key.replace('test', 'live'),
      key.toUpperCase(),
      `${key} `,
      '',
      'lw_test_',
      '__proto__',
    ]) {
      assert.equal(await keys().lookup(wrong), undefined, wrong);
    }
  });

  it('refuses a revoked key at once here and within two seconds elsewhere', async () => {
    let clock = 1_000_000;
    const here = keys();
    const elsewhere = keysAt(() => clock);
    const { key, id } = await here.create({ source: 'src_north', mode: 'live', by: 'ann' });
    assert.ok(await here.lookup(key));
    assert.ok(await elsewhere.lookup(key));
    assert.equal(await here.revoke(id, 'ann'), true);
    assert.equal(await here.lookup(key), undefined);
    clock += 2000;
    assert.equal(await elsewhere.lookup(key), undefined);
    assert.equal(await here.revoke(id, 'ann'), false);
    assert.equal(await here.revoke('lw_live_00000000', 'ann'), false);
  });

  it('asks the database once for many requests with one key, known or not', async () => {
    const { key } = await keys().create({ source: 'src_north', mode: 'live', by: 'ann' });
    const unknown = key.slice(0, -4) + '0000';
    let reads = 0;
    const counted = new Proxy(database.models.apiKeys, {
      get(model, name, receiver) {
        if (name === 'findOne') reads++;
        return Reflect.get(model, name, receiver) as unknown;
      },
    });
    const cached = createApiKeys({ models: { ...database.models, apiKeys: counted } });
    await Promise.all(Array.from({ length: 50 }, () => cached.lookup(key)));
    assert.equal(reads, 1);
    for (let i = 0; i < 50; i++) await cached.lookup(unknown);
    assert.equal(reads, 2);
  });

  it('lists keys by their public start', async () => {
    const { id, key } = await keys().create({ source: 'src_north', mode: 'live', by: 'ann' });
    await keys().revoke(id, 'bob');
    const [listed] = await keys().list();
    assert.equal(listed?.id, id);
    assert.equal(listed?.source, 'src_north');
    assert.ok(listed?.revokedAt instanceof Date);
    assert.ok(!JSON.stringify(listed).includes(key.slice(id.length)));
    const audited = await database.models.audit.find().lean();
    assert.deepEqual(audited.map(({ who, changes }) => `${who} ${changes[0]?.kind}`).sort(), [
      'ann created',
      'bob revoked',
    ]);
  });
});
