import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { mongo } from 'mongoose';
import { writeBackup } from '../../config/backup.ts';
import { ensureConfigurationIndexes } from '../../config/models.ts';
import { restoreBackup } from '../../config/restore.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { sampleFile } from './sample.ts';

const EXACT = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

describe('backup and restore', () => {
  let directory: string;
  let path: string;
  let from: TestDatabase;
  let to: TestDatabase;

  before(async () => {
    from = await openTestDatabase('backup');
    await createConfigurationStore({ models: from.models }).apply(sampleFile(), { by: 'ann' });
    await from.connection.collection('leads').insertMany(
      Array.from({ length: 1700 }, (_, n) => ({
        _id: `txn_${String(n).padStart(5, '0')}` as never,
        n,
        long: mongo.Long.fromString('9007199254740993'),
        double: new mongo.Double(4),
        price: mongo.Decimal128.fromString('12.50'),
        at: new Date(1_700_000_000_000 + n),
        bytes: Buffer.from([0, 255, n % 256]),
        text: 'two lines\nand a separator \u2028, "quotes" and ☂',
        nothing: null,
        nested: [false, { deep: [1, 2.5] }],
      })),
    );
  });
  after(() => from.drop());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'leadwire-backup-'));
    path = join(directory, 'leadwire.ndjson.gz');
    to = await openTestDatabase('restore');
  });
  afterEach(async () => {
    await Promise.all([to.drop(), rm(directory, { recursive: true })]);
  });

  const restore = (options?: { force?: boolean }) =>
    restoreBackup(
      { connection: to.connection, ensureIndexes: () => ensureConfigurationIndexes(to.models) },
      path,
      options,
    );

  async function contents({ connection }: TestDatabase) {
    const found: Record<string, string[]> = {};
    for (const { name } of await connection.listCollections()) {
      const documents = await connection.collection(name).find({}, EXACT).toArray();
      if (documents.length > 0) {
        found[name] = documents.map((one) => mongo.BSON.EJSON.stringify(one, { relaxed: false })).sort();
      }
    }
    return found;
  }

  it('carries a whole database over, value for value', async () => {
    const counts = await writeBackup(from, path);
    const filled = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    assert.deepEqual(filled, { audit: 1, config_snapshots: 1, leads: 1700, config_head: 1 });
    const restored = await restore();
    assert.equal(restored.outcome, 'restored');
    assert.deepEqual(await contents(to), await contents(from));
    const exported = await createConfigurationStore({ models: to.models }).export();
    assert.deepEqual(exported, { revision: 1, ...sampleFile() });
  });

  it('makes the indexes anew', async () => {
    await writeBackup(from, path);
    await restore();
    const indexed = async (name: string) => Object.keys(await to.connection.collection(name).indexInformation()).sort();
    assert.deepEqual(await indexed('access_tokens'), ['_id_', 'expiresAt_1']);
    assert.deepEqual(await indexed('audit'), ['_id_', 'at_1']);
  });

  it('writes a file that only its owner can read, and leaves no other', async () => {
    await writeBackup(from, path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory), ['leadwire.ndjson.gz']);
  });

  it('refuses a database that holds something, and empties it first when forced', async () => {
    await writeBackup(from, path);
    await to.connection.collection<{ _id: string }>('leads').insertOne({ _id: 'txn_other' });
    await to.connection.collection<{ _id: string }>('more').insertOne({ _id: 'x' });
    const before = await contents(to);
    assert.deepEqual(await restore(), { outcome: 'not_empty', collections: ['leads', 'more'] });
    assert.deepEqual(await contents(to), before);
    assert.equal((await restore({ force: true })).outcome, 'restored');
    assert.deepEqual(await contents(to), await contents(from));
  });

  describe('a damaged file', () => {
    let whole: Buffer;
    beforeEach(async () => {
      await writeBackup(from, path);
      whole = await readFile(path);
      await to.connection.collection<{ _id: string }>('leads').insertOne({ _id: 'txn_keep' });
    });

    async function isDamaged(content: Buffer, reason: RegExp) {
      await writeFile(path, content);
      const restored = await restore({ force: true });
      assert.equal(restored.outcome, 'damaged');
      assert.match(restored.outcome === 'damaged' ? restored.reason : '', reason);
      assert.deepEqual(Object.keys(await contents(to)), ['leads'], 'nothing may be touched');
    }
    const lines = () => gunzipSync(whole).toString('utf8').split('\n');
    const rezip = (changed: string[]) => gzipSync(changed.join('\n'));

    it('cut off within the compressed data', () => isDamaged(whole.subarray(0, whole.length / 2), /cut off/));
    it('cut off in its last byte', () => isDamaged(whole.subarray(0, -1), /cut off/));
    it('cut off between two lines', () => isDamaged(rezip([...lines().slice(0, 100), '']), /cut off/));
    it('that lost a line', () => isDamaged(rezip(lines().toSpliced(50, 1)), /checksum/));
    it('with a changed value', () =>
      isDamaged(
        rezip(lines().map((line, n) => (n === 50 ? line.replace('two lines', 'too lines') : line))),
        /checksum/,
      ));
    it('with a flipped bit', () => {
      const flipped = Buffer.from(whole);
      flipped[flipped.length - 200] = (flipped[flipped.length - 200] ?? 0) ^ 4;
      return isDamaged(flipped, /./);
    });
    it('with something after its end', () => isDamaged(rezip([...lines().slice(0, -1), '{}', '']), /after the end/));
    it('of another kind', () => isDamaged(gzipSync('{"hello": 1}\n'), /not a Leadwire backup/));
    it('that is empty', () => isDamaged(Buffer.alloc(0), /cut off/));
    it('that is not gzip', () => isDamaged(Buffer.from('plain text, not gzip'), /gzip/));
    it('of a later version', () =>
      isDamaged(
        rezip(lines().map((line, n) => (n === 0 ? line.replace('"version":1', '"version":2') : line))),
        /version/,
      ));
  });

  it('does not leave half a file when the disk or database fails', async () => {
    await assert.rejects(writeBackup(from, join(directory, 'no', 'such', 'place')), { code: 'ENOENT' });
    assert.deepEqual(await readdir(directory), []);
  });
});
