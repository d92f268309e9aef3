import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSecretStore } from '../../config/secrets.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

const hasCode = (code: string) => (error: unknown) => error instanceof LeadwireError && error.code === code;

describe('secrets of integrations', () => {
  const key = randomBytes(32);
  let database: TestDatabase;
  before(async () => {
    database = await openTestDatabase('secrets');
  });
  after(() => database.drop());
  afterEach(async () => {
    await Promise.all([database.models.secrets.deleteMany(), database.models.audit.deleteMany()]);
  });

  const storeUnder = (secretKey: Buffer | undefined, now?: () => number) =>
    createSecretStore({ models: database.models, key: secretKey, now });

  it('gives back exactly what was set, also under a fresh store', async () => {
    await storeUnder(key).set('int_acme', 'token', 's3cret-ß☂\n', 'ann');
    await storeUnder(key).set('int_acme', 'user', 'acme', 'ann');
    assert.deepEqual(await storeUnder(key).forIntegration('int_acme', ['token', 'user']), {
      token: 's3cret-ß☂\n',
      user: 'acme',
    });
  });

  it('stores no plain text', async () => {
    await storeUnder(key).set('int_acme', 'token', 'in-the-clear', 'ann');
    const stored = await database.connection.collection('secrets').find().toArray();
    const audited = await database.connection.collection('audit').find().toArray();
    const raw = Buffer.concat([...stored, ...audited].map((document) => Buffer.from(JSON.stringify(document))));
    assert.ok(!raw.includes('in-the-clear'));
    assert.ok(!raw.includes(Buffer.from('in-the-clear').toString('base64')));
  });

  it('binds a value to its name: moved to another integration it cannot be read', async () => {
    const store = storeUnder(key);
    await store.set('int_acme', 'token', 'for acme only', 'ann');
    const { _id, ...rest } = (await database.connection.collection('secrets').findOne()) as never as Record<
      string,
      string
    >;
    await database.connection.collection('secrets').insertOne({ ...rest, _id: _id?.replace('acme', 'evil') } as never);
    await assert.rejects(store.forIntegration('int_evil', ['token']), /authenticate/);
  });

  it('never lists a value, and says which were encrypted under another key', async () => {
    await storeUnder(randomBytes(32)).set('int_old', 'token', 'one', 'ann');
    await storeUnder(key).set('int_new', 'token', 'two', 'ann');
    const listed = await storeUnder(key).list();
    assert.deepEqual(
      listed.map(({ integration, name, readable }) => [integration, name, readable]),
      [
        ['int_new', 'token', true],
        ['int_old', 'token', false],
      ],
    );
    assert.ok(!JSON.stringify(listed).match(/one|two|cipher/));
  });

  it('names everything that has no value', async () => {
    await storeUnder(key).set('int_acme', 'token', 'x', 'ann');
    await assert.rejects(storeUnder(key).forIntegration('int_acme', ['token', 'user', 'pin']), (error: unknown) => {
      assert.ok(hasCode('secret_missing')(error));
      assert.match((error as Error).message, /int_acme.*user, pin/);
      return true;
    });
  });

  it('does not take a credential of int_a_b for one of int_a', async () => {
    await storeUnder(key).set('int_a_b', 'token', 'x', 'ann');
    await storeUnder(key).set('int_a', 'user', 'y', 'ann');
    await assert.rejects(storeUnder(key).forIntegration('int_a', ['token']), hasCode('secret_missing'));
  });

  it('says that the key is missing or another one', async () => {
    await storeUnder(key).set('int_acme', 'token', 'x', 'ann');
    await assert.rejects(storeUnder(undefined).forIntegration('int_acme', ['token']), hasCode('secret_key_missing'));
    await assert.rejects(
      storeUnder(randomBytes(32)).forIntegration('int_acme', ['token']),
      hasCode('secret_key_missing'),
    );
    await assert.rejects(storeUnder(undefined).set('int_acme', 'token', 'x', 'ann'), hasCode('secret_key_missing'));
    assert.deepEqual(await storeUnder(undefined).forIntegration('int_acme', []), {});
  });

  it('reads a value changed by another node a second later, and not from the database every time', async () => {
    let clock = 1_000_000;
    const store = storeUnder(key, () => clock);
    await store.set('int_acme', 'token', 'old', 'ann');
    assert.equal((await store.forIntegration('int_acme', ['token'])).token, 'old');
    await storeUnder(key).set('int_acme', 'token', 'new', 'ann');
    assert.equal((await store.forIntegration('int_acme', ['token'])).token, 'old');
    clock += 1001;
    assert.equal((await store.forIntegration('int_acme', ['token'])).token, 'new');
  });

  it('audits who set what', async () => {
    await storeUnder(key).set('int_acme', 'token', 'x', 'ann');
    const [entry] = await database.models.audit.find().lean();
    assert.equal(entry?.who, 'ann');
    assert.deepEqual(entry?.changes, [{ kind: 'set', collection: 'secrets', id: 'int_acme:token' }]);
  });
});
