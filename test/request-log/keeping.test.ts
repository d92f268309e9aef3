import assert from 'node:assert/strict';
import { createLogger } from '../../log/logger.ts';
import {
  createRequestLogModel,
  requestIdsOf,
  type RequestLogModel,
  type RequestRecord,
} from '../../models/request-log.ts';
import { native } from '../../models/native.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { createMetrics } from '../../server/metrics.ts';
import { searchRequests } from '../../server/request-log/search.ts';
import { createRequestSweep } from '../../server/request-log/sweep.ts';
import { createRequestWriter } from '../../server/request-log/writer.ts';
import { openTestDatabase, type TestDatabase } from '../config/database.ts';

const DAY_MS = 86_400_000;
const log = createLogger('fatal', 'test');

describe('keeping the request log', () => {
  let database: TestDatabase;
  let records: RequestLogModel;
  before(async () => {
    database = await openTestDatabase('requests');
    records = createRequestLogModel(database.connection);
    await records.createCollection();
  });
  after(() => database.drop());
  beforeEach(() => records.deleteMany({}));

  function aRecord(owner: string, at: Date): RequestRecord {
    const _id = `${requestIdsOf(owner, 'live')}${newTransactionId(at.getTime()).slice(4)}`;
    const sizes = { bytesIn: 0, bytesOut: 0, durationMs: 1 };
    return { _id, at, method: 'GET', path: '/', status: 200, ...sizes };
  }

  it('deletes what is older than it is kept, whoever it belongs to', async () => {
    const now = Date.now();
    const ages = [0, 1, 13, 15, 40].flatMap((days) => ['sel_a', 'sel_b', 'nobody'].map((owner) => ({ days, owner })));
    const written = ages.map(({ days, owner }) => aRecord(owner, new Date(now - days * DAY_MS)));
    await native<RequestRecord>(records).insertMany(written);
    const sweep = createRequestSweep({ records, keepDays: 14, log, now: () => now });
    assert.equal(await sweep.sweep(), 6);
    const kept = await records.find().lean();
    assert.equal(kept.length, 9);
    assert.ok(kept.every(({ at }) => now - at.getTime() < 14 * DAY_MS));
    assert.equal(await sweep.sweep(), 0);
  });

  it('deletes in batches, and finds pages, of more than fit into one', async () => {
    const now = Date.now();
    const old = Array.from({ length: 1_100 }, (_, n) => aRecord('sel_many', new Date(now - 20 * DAY_MS - n * 1000)));
    await native<RequestRecord>(records).insertMany([...old, aRecord('sel_many', new Date(now))]);
    const page = await searchRequests(records, { owner: 'sel_many', mode: 'live', status: 500, limit: 10 });
    assert.deepEqual([page.records.length, page.before], [0, undefined]);
    assert.equal(await createRequestSweep({ records, keepDays: 14, log }).sweep(), 1_100);
    assert.equal(await records.countDocuments(), 1);
  });

  it('goes on after what one page looks through when little of it matches', async () => {
    const now = Date.now();
    const many = Array.from({ length: 5_200 }, (_, n) => aRecord('sel_long', new Date(now - n * 10)));
    many[5_199] = { ...many[5_199]!, status: 500 };
    await native<RequestRecord>(records).insertMany(many);
    const search = { owner: 'sel_long', mode: 'live', status: 500, limit: 10 } as const;
    const first = await searchRequests(records, search);
    assert.equal(first.records.length, 0);
    const second = await searchRequests(records, { ...search, before: first.before });
    assert.deepEqual([second.records.length, second.before], [1, undefined]);
  });

  it('tries again when MongoDB did not answer, and drops and counts what does not fit meanwhile', async () => {
    const metrics = createMetrics();
    let down = true;
    const collection = new Proxy(records.collection, {
      get(target, name: keyof typeof records.collection) {
        if (name === 'insertMany' && down) return () => Promise.reject(new Error('down'));
        const member: unknown = target[name];
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const writer = createRequestWriter({
      records: { collection } as unknown as RequestLogModel,
      metrics,
      log,
      room: 1_200,
    });
    for (let n = 0; n < 1_207; n++) writer.add(aRecord('sel_a', new Date()));
    await writer.flush();
    assert.equal(await records.countDocuments(), 0);
    assert.equal((await metrics.requestLogDrops.get()).values[0]?.value, 7);
    down = false;
    await writer.stop();
    assert.equal(await records.countDocuments(), 1_200);
  });
});
