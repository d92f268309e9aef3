import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { createTestStacks, ownServersOnly, type TestStacks } from './stack-for-tests.ts';

type Counter = { _id: string; n: number; open: string[] };

/** What the delivery protocol leans on, asked of whichever MongoDB server this machine has. */
describe('the embedded MongoDB', function () {
  this.timeout(300_000);
  let stacks: TestStacks;
  let connection: mongoose.Connection;
  let counters: mongoose.Model<Counter>;

  before(async () => {
    stacks = await createTestStacks();
    const stack = await stacks.start({ env: { ...ownServersOnly(process.env), TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    connection = await mongoose.createConnection(stack.mongoUri, { maxPoolSize: 16 }).asPromise();
    const shape = { _id: String, n: Number, open: [String] };
    const options = { writeConcern: { w: 'majority', j: true }, versionKey: false } as const;
    counters = connection.model<Counter>('Counter', new mongoose.Schema<Counter>(shape, options));
  });
  after(async () => {
    await connection.close(true);
    await stacks.clear();
  });

  it('refuses a second document with the same key', async () => {
    await counters.create({ _id: 'twice', n: 0 });
    await assert.rejects(counters.create({ _id: 'twice', n: 1 }), { code: 11000 });
    await connection.collection('named').createIndex({ name: 1 }, { unique: true });
    await connection.collection('named').insertOne({ name: 'one' });
    await assert.rejects(connection.collection('named').insertOne({ name: 'one' }), { code: 11000 });
  });

  it('creates a collection once, whoever comes first', async () => {
    for (let round = 0; round < 20; round += 1) {
      const born = connection.collection<{ _id: number }>(`born-${round}`);
      const writers = Array.from({ length: 8 }, (_, _id) => born.insertOne({ _id }));
      await Promise.all([...writers, born.createIndex({ n: 1 })]);
      await assert.rejects(born.insertOne({ _id: 0 }), { code: 11000 });
      assert.equal(await born.countDocuments(), 8);
      assert.deepEqual((await born.indexes()).map((index) => index.name).sort(), ['_id_', 'n_1']);
    }
  });

  it('lets exactly max of 200 racers in', async () => {
    const max = 50;
    const racers = Array.from({ length: 200 }, (_, racer) => enter(`lead ${racer}`, max));
    const entered = (await Promise.all(racers)).filter((was) => was).length;
    assert.equal(entered, max);
    const window = await counters.findById('window').lean();
    assert.equal(window?.n, max);
    assert.equal(new Set(window?.open).size, max);
  });

  async function enter(key: string, max: number): Promise<boolean> {
    const place = { _id: 'window', n: { $lt: max }, open: { $ne: key } };
    for (let attempt = 0; ; attempt += 1) {
      try {
        const change = { $inc: { n: 1 }, $push: { open: key } };
        const result = await counters.updateOne(place, change, { upsert: true });
        return result.modifiedCount + result.upsertedCount === 1;
      } catch (error) {
        if ((error as { code?: number }).code !== 11000) throw error;
        // The first upserts race each other: a duplicate key means full only the second time.
        if (attempt > 0) return false;
      }
    }
  }

  it('lets one of many claim a document, and takes a key back out', async () => {
    await counters.create({ _id: 'claimed', n: 0, open: ['a', 'b'] });
    const claims = Array.from({ length: 16 }, () =>
      counters.findOneAndUpdate({ _id: 'claimed', n: 0 }, { $set: { n: 1 } }, { returnDocument: 'after' }).lean(),
    );
    assert.equal((await Promise.all(claims)).filter((claim) => claim?.n === 1).length, 1);
    await counters.updateOne({ _id: 'claimed', open: 'a' }, { $inc: { n: -1 }, $pull: { open: 'a' } });
    assert.deepEqual(await counters.findById('claimed').lean(), { _id: 'claimed', n: 0, open: ['b'] });
  });

  it('matches all of a query by id, and by a unique index of several fields, whatever else it asks for', async () => {
    const things = connection.collection<{ _id: string; [name: string]: unknown }>('things');
    await things.createIndex({ kind: 1, name: 1 }, { unique: true });
    await things.insertMany([
      { _id: 'a', kind: 'k', name: 'one', state: 'open', open: ['x'] },
      { _id: 'b', kind: 'k', name: 'two', state: 'done' },
    ]);
    const found = async (query: object) => (await things.find(query).toArray()).map(({ _id }) => _id);
    assert.deepEqual(await found({ _id: 'a', state: 'open' }), ['a']);
    assert.deepEqual(await found({ _id: 'a', state: 'done' }), []);
    assert.deepEqual(await found({ _id: 'a', open: { $ne: 'x' } }), []);
    assert.deepEqual(await found({ _id: 'b', open: { $exists: false }, $or: [{ state: 'x' }, { state: 'done' }] }), [
      'b',
    ]);
    assert.deepEqual(await found({ _id: { $in: ['a', 'b', 'c'] }, state: 'done' }), ['b']);
    assert.deepEqual(await found({ _id: { $gte: 'a', $lt: 'b' }, state: 'open' }), ['a']);
    assert.deepEqual(await found({ _id: { $ne: 'a' }, state: { $in: ['open', 'done'] } }), ['b']);
    assert.deepEqual(await found({ kind: 'k', name: 'two', state: 'done' }), ['b']);
    assert.deepEqual(await found({ kind: 'k', name: 'two', state: 'open' }), []);
    assert.deepEqual(await found({ kind: 'k', state: 'open' }), ['a']);
    const taken = await things.updateOne({ _id: 'a', state: 'open' }, { $set: { state: 'taken' } });
    const late = await things.updateOne({ _id: 'a', state: 'open' }, { $set: { state: 'late' } });
    assert.deepEqual([taken.matchedCount, late.matchedCount], [1, 0]);
    const upsert = things.updateOne({ _id: 'a', state: 'open' }, { $set: { state: 'again' } }, { upsert: true });
    await assert.rejects(upsert, { code: 11000 });
    assert.equal((await things.deleteMany({ _id: 'a', state: 'open' })).deletedCount, 0);
    assert.equal((await things.deleteMany({ _id: 'a', state: 'taken' })).deletedCount, 1);
    assert.deepEqual(await found({ kind: 'k' }), ['b']);
  });

  it('adds up groups', async () => {
    const sales = connection.collection('sales');
    await sales.insertMany([1, 2, 3, 4].map((n) => ({ buyer: n % 2 ? 'odd' : 'even', micros: n * 1_000_000 })));
    const sums = [{ $group: { _id: '$buyer', micros: { $sum: '$micros' } } }, { $sort: { _id: 1 } }];
    assert.deepEqual(await sales.aggregate(sums).toArray(), [
      { _id: 'even', micros: 6_000_000 },
      { _id: 'odd', micros: 4_000_000 },
    ]);
  });
});
