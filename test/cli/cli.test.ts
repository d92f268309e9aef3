import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { createApiKeys } from '../../config/api-keys.ts';
import { createSecretStore } from '../../config/secrets.ts';
import { mongodbUri, openTestDatabase, type TestDatabase } from '../config/database.ts';
import { sampleFile } from '../config/sample.ts';
import { commandLine, type Ran } from './command-line.ts';

const BIN = fileURLToPath(new URL('../../cli/leadwire.js', import.meta.url));

describe('the command line', () => {
  const key = Buffer.alloc(32, 3);
  let database: TestDatabase;
  let directory: string;
  let variables: NodeJS.ProcessEnv;
  let leadwire: (argv: string, input?: string) => Promise<Ran>;

  beforeEach(async () => {
    database = await openTestDatabase('cli');
    directory = await mkdtemp(join(tmpdir(), 'leadwire-cli-'));
    variables = {
      MONGODB_URI: mongodbUri(),
      LEADWIRE_DATABASE: database.name,
      LEADWIRE_SECRET_KEY: key.toString('base64'),
    };
    leadwire = commandLine(variables);
  });
  afterEach(async () => {
    await Promise.all([database.drop(), rm(directory, { recursive: true })]);
  });

  async function file(name: string, content: unknown): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, typeof content === 'string' ? content : stringify(content));
    return path;
  }
  const sample = () => file('campaign.yaml', sampleFile());

  it('applies a file, says what changed and is done the second time', async () => {
    const path = await sample();
    const first = await leadwire(`apply ${path}`);
    assert.equal(first.code, 0, first.err.join('\n'));
    assert.ok(first.out.includes('created integrations int_acme'));
    assert.ok(first.out.includes('now at revision 1, 0 unchanged'));
    assert.deepEqual((await leadwire(`apply ${path}`)).out, ['nothing changed: revision 1']);
  });

  it('names credentials that have no value yet', async () => {
    const { err } = await leadwire(`apply ${await sample()}`);
    assert.match(err.join('\n'), /int_acme: warning: token has no value/);
    await leadwire('secret set int_acme token', 'abc');
    assert.deepEqual((await leadwire(`apply ${await sample()}`)).err, []);
  });

  it('exports what was applied, as YAML and as JSON', async () => {
    await leadwire(`apply ${await sample()}`);
    const { out } = await leadwire('export');
    assert.deepEqual(parse(out.join('\n')), { revision: 1, ...sampleFile() });
    const path = join(directory, 'out.json');
    await leadwire(`export --output ${path}`);
    assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), { revision: 1, ...sampleFile() });
    assert.deepEqual((await leadwire(`apply ${path}`)).out, ['nothing changed: revision 1']);
  });

  it('lists every mistake by path and writes nothing', async () => {
    const path = await file('bad.yaml', { ...sampleFile(), sellers: [], extra: 1 });
    for (const command of ['check', 'apply']) {
      const { code, out, err } = await leadwire(`${command} ${path}`);
      assert.equal(code, 1);
      assert.deepEqual(out, []);
      assert.ok(err.includes('extra: is not known (unknown_property)'));
      assert.ok(err.includes('sources[0].seller: no seller has the id sel_north (unknown_seller)'));
    }
    assert.equal(await database.models.snapshots.countDocuments(), 0);
  });

  it('keeps the revision in the file up to date and touches nothing else in it', async () => {
    await leadwire(`apply ${await sample()}`);
    const text = '# ours\nrevision: 1   # kept by apply\nbuyers:\n  - {id: buy_acme, name: "Acme Inc"} # renamed\n';
    const path = await file('edit.yaml', text);
    const { code, err } = await leadwire(`apply ${path}`);
    assert.equal(code, 0, err.join('\n'));
    assert.equal(await readFile(path, 'utf8'), text.replace('revision: 1', 'revision: 2'));
    const json = '{\n\t"buyers": [{"id": "buy_acme", "name": "Acme"}],\n\t"revision": 2\n}\n';
    const jsonPath = await file('edit.json', json);
    assert.equal((await leadwire(`apply ${jsonPath}`)).code, 0);
    assert.equal(await readFile(jsonPath, 'utf8'), json.replace('"revision": 2', '"revision": 3'));
  });

  it('refuses to overwrite a newer edit unless forced', async () => {
    const path = await file('numbered.yaml', { revision: 0, ...sampleFile() });
    await leadwire(`apply ${path} --force`);
    const stale = await file('stale.yaml', { revision: 0, buyers: [{ id: 'buy_acme', name: 'Stale' }] });
    const refused = await leadwire(`apply ${stale}`);
    assert.equal(refused.code, 1);
    assert.ok(refused.err.includes('buyers.buy_acme: was edited in revision 1 (newer_edit)'));
    assert.equal((await leadwire(`apply ${stale} --force`)).code, 0);
  });

  it('deletes only with --prune and writes nothing with --dry-run', async () => {
    await leadwire(`apply ${await sample()}`);
    const { buyers, ...rest } = sampleFile();
    const path = await file('less.yaml', { ...rest, buyers: buyers?.slice(0, 1) });
    assert.deepEqual((await leadwire(`apply ${path}`)).out, ['nothing changed: revision 1']);
    const dry = await leadwire(`apply ${path} --prune --dry-run`);
    assert.deepEqual(dry.out, ['deleted buyers buy_beta', 'nothing written: still at revision 1, 9 unchanged']);
    const pruned = await leadwire(`apply ${path} --prune`);
    assert.deepEqual(pruned.out, ['deleted buyers buy_beta', 'now at revision 2, 9 unchanged']);
  });

  it('checks a file without a database', async () => {
    const offline = commandLine({ MONGODB_URI: 'mongodb://127.0.0.1:1' });
    assert.equal((await offline(`check ${await sample()}`)).code, 0);
  });

  it('reports broken YAML and JSON, and what is given twice, with its line', async () => {
    for (const [name, content, wanted] of [
      ['twice.yaml', 'buyers: []\nbuyers: []\n', /twice\.yaml:2:1: .*unique/i],
      ['twice.json', '{"buyers": [],\n "buyers": []}', /twice\.json:2:2: .*unique/i],
      ['deep.yaml', 'buyers:\n  - id: buy_a\n    name: A\n    name: B\n', /deep\.yaml:4:5: /],
      ['broken.yaml', 'buyers: [\n', /broken\.yaml:\d+:\d+: /],
      ['alias.yaml', 'a: *nowhere\n', /nowhere/],
    ] as const) {
      const { code, err } = await leadwire(`check ${await file(name, content)}`);
      assert.equal(code, 1, name);
      assert.match(err.join('\n'), wanted);
    }
    const missing = await leadwire(`check ${join(directory, 'none.yaml')}`);
    assert.equal(missing.code, 1);
    assert.match(missing.err.join('\n'), /^ENOENT.*none\.yaml'$/);
  });

  it('reads a credential from standard input and never shows it', async () => {
    await leadwire(`apply ${await sample()}`);
    const set = await leadwire('secret set int_acme token', 'top secret\n');
    const list = await leadwire('secret list');
    assert.equal(set.code, 0);
    assert.match(list.out.join('\n'), /^int_acme {2}token {2}\d{4}-/);
    assert.ok(![...set.out, ...set.err, ...list.out].join('\n').includes('top secret'));
    const store = createSecretStore({ models: database.models, key });
    assert.deepEqual(await store.forIntegration('int_acme', ['token']), { token: 'top secret' });
    assert.equal((await leadwire('secret set int_acme token', '\n')).code, 1);
    assert.match(
      (await leadwire('secret set int_acme tokn', 'x')).err.join('\n'),
      /warning: no integration or source int_acme lists/,
    );
  });

  it('knows the credentials that an integration has from its connector', async () => {
    const content = sampleFile();
    const phonexa = {
      ...{ id: 'int_phonexa', campaign: content.campaigns?.[0]?.id, buyer: content.buyers?.[0]?.id, category: 'Buyer' },
      connector: 'phonexa',
      config: { url: 'https://leads-inst1-client.phonexa.com', api_id: 'A1', product_id: 171 },
    };
    const path = await file('phonexa.yaml', { ...content, integrations: [...(content.integrations ?? []), phonexa] });
    assert.match((await leadwire(`apply ${path}`)).err.join('\n'), /int_phonexa: warning: api_password has no value/);
    assert.deepEqual((await leadwire('secret set int_phonexa api_password', 'x')).err, []);
    assert.doesNotMatch((await leadwire(`apply ${path}`)).err.join('\n'), /int_phonexa/);
  });

  it('makes, lists and revokes keys', async () => {
    await leadwire(`apply ${await sample()}`);
    const created = await leadwire('key create --source src_north --mode test');
    const [made = ''] = created.out;
    const id = made.slice(0, 'lw_test_00000000'.length);
    const found = await createApiKeys({ models: database.models }).lookup(made);
    assert.deepEqual(found?.holder, {
      id,
      kind: 'seller',
      seller: 'sel_north',
      source: 'src_north',
      mode: 'test',
      signed: false,
      expiresAt: null,
    });
    const listed = (await leadwire('key list')).out.join('\n');
    assert.ok(listed.startsWith(`${id}  src_north  test`));
    assert.ok(!listed.includes(made));
    assert.equal((await leadwire(`key revoke ${id}`)).code, 0);
    assert.equal(await createApiKeys({ models: database.models }).lookup(made), undefined);
    assert.equal((await leadwire(`key revoke ${id}`)).code, 1);
    assert.deepEqual((await leadwire('key create --source src_none --mode live')).err, [
      'No source has the id src_none',
    ]);
    assert.equal((await leadwire('key create --source src_north --mode prod')).code, 1);
    assert.equal((await leadwire('key create --source src_north')).code, 1);
  });

  it('backs up and restores', async () => {
    await leadwire(`apply ${await sample()}`);
    await leadwire('key create --source src_north --mode test');
    const path = join(directory, 'all.gz');
    const backup = await leadwire(`backup ${path}`);
    assert.equal(backup.code, 0, backup.err.join('\n'));
    const full = await leadwire(`restore ${path}`);
    assert.equal(full.code, 1);
    assert.match(full.err.join('\n'), /not empty.*--force/);
    await database.models.apiKeys.deleteMany({});
    const forced = await leadwire(`restore ${path} --force`);
    assert.equal(forced.code, 0, forced.err.join('\n'));
    assert.equal(await database.models.apiKeys.countDocuments(), 1);
    await writeFile(path, (await readFile(path)).subarray(0, -9));
    const damaged = await leadwire(`restore ${path} --force`);
    assert.equal(damaged.code, 1);
    assert.match(damaged.err.join('\n'), /nothing was touched/);
    assert.equal(await database.models.apiKeys.countDocuments(), 1);
  });

  it('says in one line that there is no database', async () => {
    const offline = commandLine({ MONGODB_URI: 'mongodb://user:pa55@127.0.0.1:1/?serverSelectionTimeoutMS=100' });
    const { code, err } = await offline('export');
    assert.equal(code, 1);
    assert.equal(err.length, 1);
    assert.match(err[0] ?? '', /MongoDB does not answer.*MONGODB_URI/);
    assert.ok(!err[0]?.includes('pa55'));
  });

  it('says what is wrong with the environment, and what a command line may be', async () => {
    const bad = await commandLine({ ...variables, LEADWIRE_SECRET_KEY: 'short' })('secret list');
    assert.equal(bad.code, 1);
    assert.match(bad.err.join('\n'), /LEADWIRE_SECRET_KEY: must be 32 bytes/);
    assert.equal((await leadwire('aply x')).code, 1);
    const help = await leadwire('--help');
    assert.equal(help.code, 0);
    for (const command of [
      'apply',
      'export',
      'check',
      'secret',
      'key',
      'backup',
      'restore',
      'lead',
      'deliveries',
      'settle',
      'node',
    ]) {
      assert.ok(
        help.out.some((line) => line.trim().startsWith(command)),
        command,
      );
    }
  });

  it('runs as a program of its own', async () => {
    const path = await sample();
    const run = promisify(execFile);
    const env = { ...process.env, ...variables };
    const { stdout } = await run(process.execPath, [BIN, 'apply', path], { env, cwd: directory });
    assert.match(stdout, /now at revision 1/);
    await assert.rejects(run(process.execPath, [BIN, 'check', BIN], { env }), { code: 1 });
  });
});
