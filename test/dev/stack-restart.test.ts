import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import mongoose from 'mongoose';
import { createTestStacks, FETCH_DIR, ownServersOnly, runs, type TestStacks, until } from './stack-for-tests.ts';

const JOURNALED = { writeConcern: { w: 'majority', j: true } } as const;

describe('the embedded servers', function () {
  this.timeout(300_000);
  let stacks: TestStacks;

  beforeEach(async () => {
    stacks = await createTestStacks();
  });
  afterEach(() => stacks.clear());

  const startMongo = () => stacks.start({ env: { ...ownServersOnly(process.env), TEMPORAL_ADDRESS: '127.0.0.1:1' } });

  it('keep their data across a restart', async () => {
    const first = await stacks.start();
    await withMongo(first.mongoUri, (db) => db.collection<{ _id: string }>('kept').insertOne({ _id: 'a' }));
    await withTemporal(first.temporalAddress, (client) =>
      client.workflow.start('waits', { taskQueue: 'nobody', workflowId: 'kept' }),
    );
    await first.stop();

    const second = await stacks.start();
    const found = await withMongo(second.mongoUri, (db) => db.collection('kept').countDocuments());
    assert.equal(found, 1);
    await withTemporal(second.temporalAddress, async (client) => {
      assert.equal((await client.workflow.getHandle('kept').describe()).status.name, 'RUNNING');
    });
  });

  it('refuse a second start on the same folder', async () => {
    await stacks.start();
    await assert.rejects(stacks.start(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'already_running');
      assert.match(
        error.message,
        new RegExp(`already runs on ${stacks.dataDir} \\(process ${process.pid}\\): stop it`),
      );
      return true;
    });
  });

  it('end with a Leadwire that is killed, and its folder can be used again', async () => {
    const module = fileURLToPath(new URL('../../dev/servers/stack.ts', import.meta.url));
    const options = {
      dataDir: stacks.dataDir,
      fetchDir: FETCH_DIR,
      env: ownServersOnly(process.env),
      ports: { mongo: 0, temporal: 0, temporalUi: 0 },
    };
    const program = `
      const { startStack } = await import(${JSON.stringify(module)});
      await startStack({ ...${JSON.stringify(options)}, log: () => undefined });
      console.log('started');`;
    const leadwire = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    await once(leadwire.stdout, 'data');
    const pids = [await stacks.pidOf('mongo'), await stacks.pidOf('temporal')];
    assert.ok(pids.every(runs));
    leadwire.kill('SIGKILL');
    await until(() => !pids.some(runs));
    await stacks.start();
  });

  it('lose no acknowledged journaled write when MongoDB is killed', async () => {
    const acknowledged: string[] = [];
    const first = await startMongo();
    await withMongo(first.mongoUri, async (db) => {
      const col = db.collection<{ _id: string; key: string }>('writes');
      await col.createIndex({ key: 1 }, { unique: true });
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; ; n += 1) {
          const _id = `${writer}:${n}`;
          await col.insertOne({ _id, key: `key ${_id}` }, JOURNALED);
          acknowledged.push(_id);
        }
      });
      const ended = Promise.allSettled(writers);
      await until(() => acknowledged.length > 500);
      process.kill(await stacks.pidOf('mongo'), 'SIGKILL');
      await ended;
    });
    await first.stop();

    await withMongo((await startMongo()).mongoUri, async (db) => {
      const col = db.collection<{ _id: string; key: string }>('writes');
      const kept = new Set((await col.find().toArray()).map((document) => document._id));
      assert.deepEqual(
        acknowledged.filter((id) => !kept.has(id)),
        [],
      );
      // The index was kept with the documents: none of their keys is free again.
      const duplicates = await Promise.all(
        [...kept].slice(-50).map((id) =>
          col.insertOne({ _id: `again ${id}`, key: `key ${id}` }, JOURNALED).then(
            () => 'inserted',
            (error: { code: number }) => error.code,
          ),
        ),
      );
      assert.deepEqual(new Set(duplicates), new Set([11000]));
    });
  });

  it('use the room of what was overwritten again, and keep what is there', async () => {
    const text = (n: number) => `${n} `.padEnd(1_000, 'x');
    const first = await startMongo();
    let documents = 0;
    await withMongo(first.mongoUri, async (db) => {
      const col = db.collection<{ _id: string; text: string }>('kept');
      // Ids in no order: each commit writes other pages anew and leaves the earlier ones among those still in use.
      const insert = (count: number) =>
        Promise.all(
          Array.from({ length: 8 }, async () => {
            for (const end = documents + count; documents < end;) {
              const n = documents++;
              const _id = createHash('md5').update(`${n}`).digest('hex');
              await col.insertOne({ _id, text: text(n) }, JOURNALED);
            }
          }),
        );
      await insert(1_000);
      // It would stay seven times as large as what is in it, or more.
      await until(async () => {
        await insert(8);
        return (await sizeOf(stacks.dataDir)) < 4.5 * documents * text(0).length;
      }, 60_000);
    });
    await first.stop();
    await withMongo((await startMongo()).mongoUri, async (db) => {
      const kept = await db.collection<{ _id: string; text: string }>('kept').find().toArray();
      const expected = Array.from({ length: documents }, (_, n) => text(n));
      assert.deepEqual(kept.map((document) => document.text).sort(), expected.sort());
    });
  });
});

/** Bytes of a folder's files. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ path, name }) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function withMongo<T>(uri: string, use: (db: mongoose.mongo.Db) => Promise<T>): Promise<T> {
  const connection = await mongoose.createConnection(uri, { serverSelectionTimeoutMS: 2_000 }).asPromise();
  try {
    assert.ok(connection.db);
    return await use(connection.db);
  } finally {
    await connection.close(true);
  }
}

async function withTemporal<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
