import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createApiKeys } from '../../config/api-keys.ts';
import { mongodbUri, openTestDatabase, type TestDatabase } from '../config/database.ts';
import { sampleFile } from '../config/sample.ts';
import { commandLine, type Ran } from './command-line.ts';

describe('keys on the command line', () => {
  const secretKey = Buffer.alloc(32, 3);
  let database: TestDatabase;
  let leadwire: (argv: string) => Promise<Ran>;

  before(async () => {
    database = await openTestDatabase('cli_keys');
    const directory = await mkdtemp(join(tmpdir(), 'leadwire-cli-keys-'));
    const path = join(directory, 'campaign.yaml');
    leadwire = commandLine({
      MONGODB_URI: mongodbUri(),
      LEADWIRE_DATABASE: database.name,
      LEADWIRE_SECRET_KEY: secretKey.toString('base64'),
    });
    await writeFile(path, stringify(sampleFile()));
    const applied = await leadwire(`apply ${path}`);
    await rm(directory, { recursive: true });
    assert.equal(applied.code, 0, applied.err.join('\n'));
  });
  after(() => database.drop());

  const grantOf = (key = '') => createApiKeys({ models: database.models, secretKey }).lookup(key);
  async function made(argv: string): Promise<string[]> {
    const { code, out, err } = await leadwire(`key ${argv}`);
    assert.equal(code, 0, err.join('\n'));
    return out;
  }
  async function listed(id: string): Promise<string> {
    return (await made('list')).find((line) => line.startsWith(id)) ?? '';
  }

  it('are made for a source, a seller, a buyer and a page', async () => {
    const owner = { seller: 'sel_north' };
    for (const [argv, expected] of [
      ['--mode live --source src_north', { kind: 'seller', mode: 'live', source: 'src_north', ...owner }],
      ['--test --seller sel_north', { kind: 'seller', mode: 'test', ...owner }],
      ['--mode test --buyer buy_acme', { kind: 'buyer', mode: 'test', buyer: 'buy_acme' }],
      [
        '--mode live --source src_north --publishable --origin https://A.example/ --origin http://b.example:8080',
        {
          kind: 'browser',
          mode: 'live',
          source: 'src_north',
          origins: ['https://a.example', 'http://b.example:8080'],
          ...owner,
        },
      ],
    ] as const) {
      const out = await made(`create ${argv}`);
      assert.equal(out.length, 1);
      const { id: _id, signed: _signed, expiresAt: _expiresAt, ...holder } = (await grantOf(out[0]))?.holder ?? {};
      assert.deepEqual(holder, expected);
    }
  });

  it('are bound to addresses, signatures and a date, which the list shows', async () => {
    const [key = '', signingSecret, ...more] = await made(
      'create --mode live --source src_north --signed --expires 2999-01-31 --allow-ip 203.0.113.0/24 --allow-ip 2001:DB8::1',
    );
    assert.deepEqual(more, []);
    const grant = await grantOf(key);
    assert.deepEqual(grant?.signingSecrets(), [signingSecret]);
    assert.deepEqual(grant?.until, new Date('2999-01-31'));
    assert.deepEqual([grant?.admits('203.0.113.9'), grant?.admits('198.51.100.1')], [true, false]);
    const line = await listed(grant?.holder.id ?? 'none');
    assert.ok(line.endsWith('expires 2999-01-31T00:00:00.000Z, signed, from 203.0.113.0/24 2001:db8::1'), line);
  });

  it('are rotated with an overlap of a day, or of as many hours as are said', async () => {
    const [first = ''] = await made('create --mode live --source src_north');
    const id = first.slice(0, 'lw_live_00000000'.length);
    const [second = ''] = await made(`rotate ${id}`);
    assert.ok(second.startsWith(id) && second !== first);
    const hoursLeft = ((await grantOf(first))?.until?.getTime() ?? 0) - Date.now();
    assert.ok(Math.abs(hoursLeft / 3_600_000 - 24) < 1, String(hoursLeft));
    assert.match(await listed(id), /old secret until \d{4}-/);
    const [third] = await made(`rotate ${id} --overlap 0`);
    assert.deepEqual([await grantOf(first), await grantOf(second)], [undefined, undefined]);
    assert.equal((await grantOf(third))?.holder.id, id);
    for (const wrong of [`rotate ${id} --overlap -1`, `rotate ${id} --overlap 1.5`, 'rotate lw_live_00000000']) {
      assert.equal((await leadwire(`key ${wrong}`)).code, 1, wrong);
    }
  });

  it('are not made of what does not fit, and the reason is said', async () => {
    for (const [argv, reason] of [
      ['--mode live', /one of --source, --seller, --buyer and --operator/],
      ['--mode live --source src_north --buyer buy_acme', /one of --source, --seller, --buyer and --operator/],
      ['--source src_north', /--mode live or --mode test/],
      ['--source src_north --mode live --test', /--mode live or --mode test/],
      ['--mode live --seller sel_none', /No seller has the id sel_none/],
      ['--mode live --buyer buy_none', /No buyer has the id buy_none/],
      ['--mode live --seller sel_north --publishable --origin https://a.example', /belongs to a --source/],
      ['--mode live --source src_north --publishable', /at least one origin/],
      ['--mode live --source src_north --publishable --origin a.example', /a\.example is not an origin/],
      ['--mode live --source src_north --origin https://a.example', /--origin goes with --publishable/],
      ['--mode live --source src_north --allow-ip 10.0.0.0/40', /10\.0\.0\.0\/40 is not an address or a range/],
      ['--mode live --source src_north --expires tomorrow', /--expires must be a date/],
      ['--mode live --source src_north --expires 2020-01-01', /not in the future/],
    ] as const) {
      const { code, out, err } = await leadwire(`key create ${argv}`);
      assert.deepEqual([code, out], [1, []], argv);
      assert.match(err.join('\n'), reason);
    }
  });
});
