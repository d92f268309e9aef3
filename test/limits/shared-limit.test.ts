import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLogger } from '../../log/logger.ts';
import { createRateWindowModel, type RateWindowModel } from '../../models/rate-window.ts';
import { granted, policiesOf, rateHeaders, shareSize, type RatePolicy } from '../../rules/rate-window.ts';
import { createLocalLimit } from '../../server/limits/local-limit.ts';
import { createSharedLimit } from '../../server/limits/shared-limit.ts';
import { openTestDatabase, type TestDatabase } from '../config/database.ts';

const log = createLogger('fatal', 'test');
const MINUTE: RatePolicy = { limit: 40, windowMs: 60_000 };

describe('a limit that nodes share', () => {
  let database: TestDatabase;
  let windows: RateWindowModel;
  let clock = 1_800_000_000_000;
  let subjects = 0;
  before(async () => {
    database = await openTestDatabase('limits');
    windows = createRateWindowModel(database.connection);
    await windows.init();
    await windows.createCollection();
  });
  after(() => database.drop());

  const aNode = (now: () => number = () => clock) => createSharedLimit({ windows, log, now, patienceMs: 30_000 });
  const aSubject = () => `lw_test_${++subjects}`;
  const admittedOf = async (takes: Promise<{ admitted: boolean }>[]) =>
    (await Promise.all(takes)).filter(({ admitted }) => admitted).length;

  it('lets all nodes together never admit more than the limit, and one node alone all of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 90 }),
        async (limit, requests) => {
          const policy = { limit, windowMs: 60_000 };
          const [nodes, subject] = [[aNode(), aNode(), aNode()], aSubject()];
          const admitted = await admittedOf(requests.map((node) => nodes[node]!.take(subject, [policy])));
          assert.ok(admitted <= limit, `${admitted} of ${limit}`);
          // What the nodes hold back is at most what each reserved ahead.
          const held = 3 * 2 * shareSize(limit);
          assert.ok(admitted >= Math.min(requests.length, limit - held), `${admitted} of ${limit}`);
          const alone = await admittedOf(requests.map(() => nodes[0]!.take(aSubjectOf(subject), [policy])));
          assert.equal(alone, Math.min(requests.length, limit));
        },
      ),
      { numRuns: 25 },
    );
  });
  const aSubjectOf = (subject: string) => `${subject}_alone`;

  it('begins anew with each window', async () => {
    const [node, other, subject] = [aNode(), aNode(), aSubject()];
    for (let window = 0; window < 3; window++) {
      assert.equal(await admittedOf(Array.from({ length: 50 }, () => node.take(subject, [MINUTE]))), 40);
      assert.equal((await other.take(subject, [MINUTE])).admitted, false);
      clock += 60_000;
    }
    assert.equal(await windows.countDocuments({ _id: new RegExp(`^${subject}:`) }), 1, 'nothing is left to delete');
  });

  it('takes from every policy or from none', async () => {
    const [node, subject] = [aNode(), aSubject()];
    const policies = [
      { limit: 2, windowMs: 1_000 },
      { limit: 5, windowMs: 60_000 },
    ];
    const taken: boolean[] = [];
    for (let second = 0; second < 4; second++) {
      for (let n = 0; n < 3; n++) taken.push((await node.take(subject, policies)).admitted);
      clock += 1_000;
    }
    const [two, one] = [
      [true, true, false],
      [true, false, false],
    ];
    assert.deepEqual(taken, [two, two, one, [false, false, false]].flat());
  });

  it('counts in the window of a node whose clock is ahead', async () => {
    const [ahead, behind, subject] = [aNode(() => clock + 60_000), aNode(), aSubject()];
    assert.equal(await admittedOf(Array.from({ length: 50 }, () => ahead.take(subject, [MINUTE]))), 40);
    const { admitted, standings } = await behind.take(subject, [MINUTE]);
    assert.deepEqual([admitted, standings[0]?.remaining], [false, 0]);
  });

  it('asks MongoDB once for many requests, and not at all when the limit is reached', async () => {
    const policy = { limit: 1_000, windowMs: 60_000 };
    const [subject, commands] = [aSubject(), [] as string[]];
    const watched = new Proxy(windows.collection, {
      get(target, name: keyof typeof windows.collection) {
        const member: unknown = target[name];
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          commands.push(name);
          return (member as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    const model = { collection: watched } as unknown as RateWindowModel;
    const node = createSharedLimit({ windows: model, log, now: () => clock, patienceMs: 30_000 });
    for (let n = 0; n < 1_000; n++) assert.ok((await node.take(subject, [policy])).admitted);
    assert.ok(commands.length <= 1_000 / shareSize(1_000) + 1, `${commands.length} round trips`);
    const before = commands.length;
    for (let n = 0; n < 100; n++) assert.equal((await node.take(subject, [policy])).admitted, false);
    assert.equal(commands.length, before);
  });

  it('counts alone when MongoDB does not answer', async () => {
    const broken = { collection: { findOneAndUpdate: () => Promise.reject(new Error('down')) } };
    const node = createSharedLimit({ windows: broken as unknown as RateWindowModel, log, now: () => clock });
    const subject = aSubject();
    assert.equal(await admittedOf(Array.from({ length: 60 }, () => node.take(subject, [MINUTE]))), 40);
  });
});

describe('rate windows', () => {
  it('grant what the limit leaves and never more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }),
        (limit, wishes) => {
          let [counted, sum] = [0, 0];
          for (const wanted of wishes) {
            counted += wanted;
            sum += granted(limit, wanted, counted);
          }
          assert.equal(sum, Math.min(limit, counted));
        },
      ),
    );
  });

  it('say in the headers what is met first, and the rest in the policy', () => {
    const [second, minute] = policiesOf({ perSecond: 5 }, { perSecond: 100, perMinute: 600 });
    assert.ok(second && minute);
    const standings = [
      { policy: second, remaining: 4, resetAt: 11_000 },
      { policy: minute, remaining: 2, resetAt: 60_000 },
    ];
    assert.deepEqual(rateHeaders(standings, 10_400), {
      'ratelimit-limit': '600',
      'ratelimit-remaining': '2',
      'ratelimit-reset': '50',
      'ratelimit-policy': '5;w=1, 600;w=60',
    });
  });

  it('count addresses on one node, each window anew', () => {
    let now = 1_800_000_000_000;
    const limit = createLocalLimit({ limit: 2, windowMs: 60_000 }, () => now);
    assert.deepEqual(
      [1, 2, 3].map(() => limit.take('a').admitted),
      [true, true, false],
    );
    assert.equal(limit.take('b').standings[0]?.remaining, 1);
    now += 60_000;
    assert.equal(limit.take('a').admitted, true);
  });
});
