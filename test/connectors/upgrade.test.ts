import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { offerPackage } from '../../config/connectors/install.ts';
import { createSecretStore } from '../../config/secrets.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { migrate } from '../../rules/connector/migrate.ts';
import { readManifest } from '../../sdk/index.ts';
import type { Connector } from '../../schema/connector.ts';
import type { Integration } from '../../schema/integration.ts';
import { commandLine } from '../cli/command-line.ts';
import { mongodbUri, openTestDatabase, type TestDatabase } from '../config/database.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { samplePackage, sampleSuccessor, type SamplePackage } from './sample-package.ts';

const NAME = 'leadwire-connector-acme';
const URL_OF_IT = 'https://api.acme.example/leads';

describe('upgrading connectors', function () {
  this.timeout(60_000);
  const key = randomBytes(32);
  let database: TestDatabase;
  let run: ReturnType<typeof commandLine>;
  let store: ReturnType<typeof createConfigurationStore>;
  let secrets: ReturnType<typeof createSecretStore>;

  /** Offers a version without asking a registry for it. */
  const offer = async ({ manifest, package: { name, version } }: SamplePackage) => {
    const published = { package: name, version, integrity: `sha512-${version}`, tarball: '', provenance: false };
    const parts = { connector: manifest, manifest: JSON.stringify(manifest), fixtures: '[]', findings: [] };
    const prepared = { published, tarball: Buffer.alloc(1), ...parts };
    await offerPackage(prepared, 'test', {
      models: database.models,
      registry: { url: 'https://registry.example' } as never,
    });
  };
  const integration = (id: string, changes: Partial<Integration> = {}): Integration => ({
    ...{ id, campaign: 'cmp_test', buyer: 'buy_alpha', category: 'Buyer', price: 12.5 },
    ...{ connector: NAME, config: { campaign: '12' } },
    ...changes,
  });
  const now = async () => {
    const revision = (await store.currentRevision()) ?? 0;
    const { integrations = [], pins } = await store.snapshot(revision);
    return {
      revision,
      of: (id: string) => integrations.find((one) => one.id === id),
      pins: pins?.integrations ?? {},
    };
  };

  beforeEach(async () => {
    database = await openTestDatabase('upgrade');
    store = createConfigurationStore({ models: database.models });
    secrets = createSecretStore({ models: database.models, key });
    run = commandLine({
      ...{ MONGODB_URI: mongodbUri(), LEADWIRE_DATABASE: database.name },
      LEADWIRE_SECRET_KEY: key.toString('base64'),
    });
    await offer(samplePackage('acme', URL_OF_IT));
    await store.apply(
      { ...campaignFile('https://buyers.example', { more: () => [integration('int_one'), integration('int_two')] }) },
      { by: 'test' },
    );
    await secrets.set('int_one', 'token', 'its-token', 'test');
    await offer(sampleSuccessor('acme', URL_OF_IT));
  });
  afterEach(() => database.drop());

  it('changes nothing by itself', async () => {
    const before = await now();
    assert.deepEqual(before.pins, { int_one: `${NAME}@1.0.0`, int_two: `${NAME}@1.0.0` });
    await store.edit(
      { put: { integrations: [integration('int_three', { config: { campaign_id: '3', region: 'ca' } })] } },
      { by: 'test' },
    );
    assert.deepEqual((await now()).pins, { ...before.pins, int_three: `${NAME}@2.0.0` });
  });

  it('says what it would change, and writes nothing', async () => {
    const before = await now();
    const { code, out, err } = await run(`connector upgrade ${NAME}@2.0.0 --dry-run`);
    assert.equal(code, 0, err.join('\n'));
    assert.deepEqual(out.slice(0, 4), [
      'int_one: 1.0.0 becomes 2.0.0',
      '  config: campaign becomes campaign_id',
      '  config: token becomes api_token',
      '  config: region gets its default',
    ]);
    assert.equal(out.at(-1), `nothing written: still at revision ${before.revision}`);
    assert.deepEqual(await now().then(({ revision }) => revision), before.revision);
    assert.deepEqual(await database.models.secrets.find({ _id: 'int_one:api_token' }), []);
  });

  it('moves what runs on an older version in one new version of the configuration, credentials with it', async () => {
    const before = await now();
    const { code, err } = await run(`connector upgrade ${NAME}@2.0.0`);
    assert.equal(code, 0, err.join('\n'));
    const after = await now();
    assert.equal(after.revision, before.revision + 1);
    for (const id of ['int_one', 'int_two']) {
      assert.equal(after.of(id)?.connector, `${NAME}@2.0.0`);
      assert.deepEqual(after.of(id)?.config, { campaign_id: '12', region: 'us' });
      assert.equal(after.pins[id], `${NAME}@2.0.0`);
    }
    assert.deepEqual(await secrets.forIntegration('int_one', ['api_token']), { api_token: 'its-token' });
    const again = await run(`connector upgrade ${NAME}@2.0.0`);
    assert.match(again.err[0] ?? '', /\(nothing_to_upgrade\)$/);
  });

  it('puts them back to the version and the configuration they had', async () => {
    const before = await now();
    await run(`connector upgrade ${NAME}@2.0.0`);
    const { code, out, err } = await run(`connector upgrade ${NAME} --rollback`);
    assert.equal(code, 0, err.join('\n'));
    assert.deepEqual(out.slice(0, 2), [`int_one: back to ${NAME}@1.0.0`, `int_two: back to ${NAME}@1.0.0`]);
    const after = await now();
    assert.deepEqual(after.pins, before.pins);
    assert.deepEqual(after.of('int_one'), { ...before.of('int_one'), connector: `${NAME}@1.0.0` });
    assert.deepEqual(await secrets.forIntegration('int_one', ['token']), { token: 'its-token' });
    assert.match((await run(`connector upgrade ${NAME} --rollback`)).err[0] ?? '', /\(nothing_to_roll_back\)$/);
  });

  it('moves one of them, and puts one of them back', async () => {
    await run(`connector upgrade ${NAME}@2.0.0 --integration int_two`);
    assert.deepEqual((await now()).pins, { int_one: `${NAME}@1.0.0`, int_two: `${NAME}@2.0.0` });
    await run(`connector upgrade ${NAME}@2.0.0 --integration int_one`);
    assert.equal((await run(`connector upgrade ${NAME} --rollback --integration int_two`)).code, 0);
    assert.deepEqual((await now()).pins, { int_one: `${NAME}@2.0.0`, int_two: `${NAME}@1.0.0` });
  });

  it("undoes nobody's edit unless it is told to", async () => {
    await run(`connector upgrade ${NAME}@2.0.0`);
    const one = (await now()).of('int_one') as Integration;
    await store.edit({ put: { integrations: [{ ...one, priority: 7 }] } }, { by: 'somebody' });
    const refused = await run(`connector upgrade ${NAME} --rollback`);
    assert.match(refused.err[0] ?? '', /\(newer_edit\)$/);
    assert.equal((await now()).of('int_one')?.priority, 7);
    assert.equal((await run(`connector upgrade ${NAME} --rollback --force`)).code, 0);
    assert.equal((await now()).of('int_one')?.priority, undefined);
  });

  it('writes nothing when the configuration does not fit the new version', async () => {
    const strict = sampleSuccessor('acme', URL_OF_IT);
    strict.manifest.version = strict.package.version = '3.0.0';
    strict.manifest.config.required = [...(strict.manifest.config.required ?? []), 'plan'];
    strict.manifest.config.properties['plan'] = { type: 'string', title: 'Plan' };
    await offer(strict);
    const before = await now();
    const { code, err } = await run(`connector upgrade ${NAME}@3.0.0`);
    assert.equal(code, 1);
    assert.match(err.join('\n'), /config\.plan: is missing/);
    assert.equal((await now()).revision, before.revision);
    assert.deepEqual(await database.models.connectorUpgrades.find({}), []);
    assert.deepEqual(await database.models.secrets.find({ _id: 'int_one:api_token' }), []);
  });

  it('moves integrations on the connectors of Leadwire too, and back to one that is no longer there', async () => {
    const newest = builtInConnectors().find('phonexa') as Connector;
    const old = { find: () => ({ ...newest, version: '0.9.0' }) };
    const olderStore = createConfigurationStore({ models: database.models, connectors: old });
    const phonexa = integration('int_phonexa', {
      connector: 'phonexa',
      config: { url: 'https://leads-inst1-client.phonexa.com', api_id: 'A1', product_id: 171 },
    });
    delete phonexa.price;
    await olderStore.edit({ put: { integrations: [phonexa] } }, { by: 'test' });
    assert.equal((await now()).pins['int_phonexa'], 'phonexa@0.9.0');
    const up = await run('connector upgrade phonexa');
    assert.equal(up.code, 0, up.err.join('\n'));
    assert.equal((await now()).pins['int_phonexa'], `phonexa@${newest.version}`);
    const back = await run('connector upgrade phonexa --rollback');
    assert.equal(back.code, 0, back.err.join('\n'));
    assert.equal((await now()).pins['int_phonexa'], 'phonexa@0.9.0');
    assert.ok((await run('connector list')).out.some((line) => /^phonexa +0\.9\.0 +kept +int_phonexa$/.test(line)));
  });
});

describe('a migration of configuration', () => {
  const connector = (migrations: Connector['migrations'], properties: string[], version = '3.0.0'): Connector => {
    const { manifest } = samplePackage('acme', URL_OF_IT, version);
    const named = properties.map((name) => [name, { type: 'string', title: name }] as const);
    return { ...manifest, migrations, config: { type: 'object', properties: Object.fromEntries(named) } };
  };
  const to = (at: string, rest: object) => ({ to: at, ...rest });

  it('is applied version by version, in the order of versions, from the one it runs on', () => {
    const migrations = [
      to('3.0.0', { rename: { second: 'third' } }),
      to('2.0.0', { rename: { first: 'second' }, remove: ['gone'] }),
      to('1.0.0', { rename: { second: 'never' } }),
      to('10.0.0', { rename: { third: 'not_yet' } }),
    ];
    const { config, changes } = migrate(
      { config: { first: 'a', gone: 1 }, secrets: [] },
      '1.0.0',
      connector(migrations, ['third']),
    );
    assert.deepEqual(config, { third: 'a' });
    assert.deepEqual(
      changes.map(({ kind, name }) => `${kind} ${name}`),
      ['renamed first', 'removed gone', 'renamed second'],
    );
  });

  it('overwrites nothing, and changes nothing that it was given', () => {
    const migrations = [to('2.0.0', { rename: { a: 'b' }, set: { c: 'default' } })];
    const given = Object.freeze({ a: 'old', b: 'kept', c: 'kept too' });
    const { config } = migrate({ config: given, secrets: ['a'] }, '1.0.0', connector(migrations, ['b', 'c']));
    assert.deepEqual(config, { b: 'kept', c: 'kept too' });
  });

  it('is looked through like everything else in a manifest', () => {
    const issuesOf = (migrations: Connector['migrations'], properties: string[]) => {
      const manifest = {
        ...connector(migrations, properties),
        operations: {
          post: { request: { url: 'https://api.acme.example/leads' }, response: { accepted: 'status = 200' } },
        },
      };
      delete manifest.authentication;
      return readManifest(manifest, () => undefined).issues.map(({ path, code }) => `${path} ${code}`);
    };
    assert.deepEqual(issuesOf([to('2.0.0', { rename: { a: 'b' } }), to('3.0.0', { remove: ['b'] })], ['c']), []);
    assert.deepEqual(issuesOf([to('4.0.0', { set: { c: 1 } })], ['c']), ['migrations[0].to unknown_version']);
    assert.deepEqual(issuesOf([to('2.0.0', { rename: { a: 'b' } })], ['c']), ['migrations[0].rename unknown_property']);
    assert.deepEqual(issuesOf([to('2.0.0', {}), to('2.0.0', {})], ['c']), ['migrations[1].to duplicate']);
    assert.deepEqual(issuesOf([to('2.0.0', { remove: ['c'] })], ['c']), ['migrations[0].remove unknown_property']);
  });
});
