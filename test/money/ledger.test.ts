import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { releasePlaces, reservePlaces } from '../../activities/delivery/caps.ts';
import { readCredit } from '../../activities/delivery/credit.ts';
import { settleDelivery } from '../../activities/delivery/settle.ts';
import type { CapPlace, DeliveryRecord } from '../../models/delivery.ts';
import type { LeadModels } from '../../models/models.ts';
import { accountOf } from '../../rules/billing.ts';
import { reportDays } from '../../rules/report/days.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { auditLedger } from '../../server/statements/check.ts';
import { enterEntry } from '../../server/statements/entries.ts';
import { makeStatement } from '../../server/statements/statement.ts';
import { makeReport } from '../../server/reports/report.ts';
import { openLeadDatabase } from '../reports/records.ts';

const LIMIT = 40_000_000;
const terms = { mode: 'credit', limit: LIMIT } as const;

interface Sale {
  bid: number;
  paid: number;
  share: number;
  kept: boolean;
  end: 'accepted' | 'rejected' | 'unknown';
}

/** One thing that happens to a buyer with a credit limit of 40, and how often it is repeated. Micro-dollars. */
type Step = { times: number; dies: boolean } & (
  | ({ what: 'lead' } & Sale)
  | { what: 'return' }
  | { what: 'return twice at once' }
  | { what: 'deposit' | 'adjustment' | 'payment'; amount: number }
);

const money = fc.integer({ min: 1, max: 20_000_000 });
const often = { times: fc.integer({ min: 1, max: 3 }), dies: fc.boolean() };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...often,
      what: fc.constant('lead' as const),
      bid: money,
      paid: money,
      share: fc.nat({ max: 1_000_000 }),
      kept: fc.boolean(),
      end: fc.constantFrom('accepted', 'accepted', 'rejected', 'unknown'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...often, what: fc.constantFrom('return', 'return twice at once') }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...often, what: fc.constantFrom('deposit', 'adjustment', 'payment'), amount: money }),
  },
);

describe('the ledger', function () {
  this.timeout(120_000);
  let database: Awaited<ReturnType<typeof openLeadDatabase>>;
  let models: LeadModels;
  before(async () => {
    database = await openLeadDatabase('ledger');
    models = database.models;
  });
  after(() => database.drop());
  beforeEach(() => clear());

  async function clear() {
    await database.clear();
    await models.caps.collection.deleteMany({});
  }

  const days = () => {
    const made = reportDays({ timezone: 'UTC' }, Date.now());
    assert.ok('bounds' in made);
    return made;
  };
  const stored = (id: string) => models.deliveries.findById(id).lean<DeliveryRecord>();

  /** A post to the buyer, up to where its places are reserved; undefined when its credit was used up. */
  async function post(of: Sale): Promise<DeliveryRecord | undefined> {
    const lead = newTransactionId();
    const now = new Date();
    const place: CapPlace = { window: accountOf('buy_one'), kind: 'credit', max: LIMIT, amount: of.bid };
    const delivery = {
      ...{ _id: `${lead}:1`, lead, round: 1, campaign: 'cmp_one', source: 'src_one', seller: 'sel_one' },
      ...{ mode: 'live' as const, buyer: 'buy_one', integration: 'int_one', token: randomUUID() },
      bid: { integration: 'int_one', buyer: 'buy_one', price: of.bid, expiresAt: 0, private: {} },
      payout: { shareMillionths: of.share, ...(of.kept ? { kept: true as const } : {}) },
      state: of.end,
      ...(of.end === 'accepted' ? { acceptedAt: now, price: of.paid } : {}),
      places: [place],
      changedAt: now,
    } as unknown as DeliveryRecord;
    const held = (await readCredit(models, 'buy_one', terms)).available;
    const taken = await reservePlaces(models.caps, delivery.places, delivery._id);
    assert.equal(taken.ok, held >= of.bid, `${of.bid} with ${held} left`);
    if (!taken.ok) return undefined;
    await models.deliveries.collection.insertOne(delivery as never);
    return delivery;
  }

  /** A node that dies in the middle: some write of what follows is the last that happens. */
  async function dying(work: (models: LeadModels) => Promise<unknown>, writes: number): Promise<void> {
    let left = writes;
    const mortal = <Name extends 'caps' | 'ledger'>(name: Name) => {
      const { collection } = models[name];
      const proxy = new Proxy(collection, {
        get(target, property) {
          const member = Reflect.get(target, property) as unknown;
          if (typeof member !== 'function') return member;
          const bound = member.bind(target) as (...given: unknown[]) => unknown;
          if (property !== 'updateOne' && property !== 'insertOne') return bound;
          return (...given: unknown[]) => {
            if (left-- <= 0) throw new Error('died');
            return bound(...given);
          };
        },
      });
      return { collection: proxy } as unknown as LeadModels[Name];
    };
    try {
      await work({ ...models, caps: mortal('caps'), ledger: mortal('ledger') });
    } catch (error) {
      assert.equal((error as Error).message, 'died');
    }
  }

  async function carryOut(steps: readonly Step[]): Promise<void> {
    const sold: string[] = [];
    for (const [index, step] of steps.entries()) {
      const repeat = async (work: (models: LeadModels) => Promise<unknown>) => {
        if (step.dies) await dying(work, index % 3);
        for (let n = 0; n < step.times; n++) await work(models);
      };
      if (step.what === 'lead') {
        const delivery = await post(step);
        if (!delivery) continue;
        await repeat((on) => settleDelivery(on, delivery));
        if (step.end === 'accepted') sold.push(delivery._id);
      } else if (step.what === 'return' || step.what === 'return twice at once') {
        const id = sold.shift();
        if (!id) continue;
        await models.deliveries.updateOne({ _id: id }, { $set: { state: 'returned', changedAt: new Date() } });
        const delivery = (await stored(id))!;
        if (step.what === 'return') await repeat((on) => settleDelivery(on, delivery));
        else await Promise.all([1, 2, 3].map(() => settleDelivery(models, delivery)));
      } else {
        const side = step.what === 'payment' ? 'seller' : 'buyer';
        const party = side === 'seller' ? 'sel_one' : 'buy_one';
        const at = new Date();
        const { what: kind, amount } = step;
        const entry = { side, party, kind, amount, reference: `r${index}`, at } as const;
        await repeat((on) => enterEntry(on, entry));
      }
    }
  }

  it('adds up, whatever happens, however often and wherever a node dies (I6)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        await clear();
        await carryOut(steps);
        const ledger = await models.ledger.find().lean();
        const owed = ledger.filter(({ buyer }) => buyer).reduce((sum, { amount }) => sum + amount, 0);
        const earned = ledger.filter(({ seller }) => seller).reduce((sum, { payout = 0 }) => sum + payout, 0);

        const buyer = { side: 'buyer', buyer: 'buy_one' } as const;
        const seller = { side: 'seller', seller: 'sel_one' } as const;
        const statements = await Promise.all([buyer, seller].map((own) => makeStatement(models, own, days(), 1000)));
        assert.deepEqual(
          statements.map(({ totals }) => totals.balance),
          [(0 - owed) / 1e6, earned / 1e6],
        );
        const credit = await readCredit(models, 'buy_one', terms);
        assert.equal(credit.balance, 0 - owed);
        assert.equal(credit.available, LIMIT - owed - credit.reserved);

        // Reports know sales and returns only, and what operators entered is no part of them.
        const traded = ledger.filter(({ kind }) => kind === 'sale' || kind === 'return');
        const reports = await Promise.all(
          [buyer, seller].map((owner) =>
            makeReport(models, { owner, days: days(), dimensions: ['campaign'], filters: {} }, 1000),
          ),
        );
        assert.deepEqual(
          [(reports[0]!.totals as { cost: number }).cost, (reports[1]!.totals as { revenue: number }).revenue],
          [
            traded.reduce((sum, { amount }) => sum + amount, 0) / 1e6,
            traded.reduce((sum, { payout = 0 }) => sum + payout, 0) / 1e6,
          ],
        );
        assert.deepEqual((await auditLedger(models, new Date())).findings, []);
      }),
      { numRuns: 20 },
    );
  });

  it('never lets racing leads spend more than the credit there is, and gives back what a no reserved', async () => {
    const racing = Array.from({ length: 20 }, (_, n) => {
      const place: CapPlace = { window: accountOf('buy_one'), kind: 'credit', max: LIMIT, amount: 9_000_000 };
      return reservePlaces(models.caps, [place], `txn_${n}:1`);
    });
    assert.equal((await Promise.all(racing)).filter(({ ok }) => ok).length, 4);
    const account = (await models.caps.findById(accountOf('buy_one')).lean())!;
    const place: CapPlace = { window: account._id, kind: 'credit', max: LIMIT, amount: 9_000_000 };
    for (const _ of [1, 2]) await releasePlaces(models.caps, [place], account.open[0]!, 'rejected');
    assert.equal((await models.caps.findById(account._id).lean())?.n, 27_000_000);
  });

  it('names what does not add up, and completes what a dead node left undone but for contradictions', async () => {
    const [unsettled, changed, whole] = await Promise.all(
      [0, 1, 2].map(() => post({ bid: 9_000_000, paid: 9_000_000, share: 800_000, kept: false, end: 'accepted' })),
    );
    for (const delivery of [changed, whole]) await settleDelivery(models, delivery!);
    await models.ledger.updateOne({ _id: `${changed!._id}:sale` }, { $set: { amount: 1 } });
    await models.ledger.collection.insertOne({
      ...{ _id: 'txn_gone:1:sale', kind: 'sale', delivery: 'txn_gone:1', buyer: 'buy_two' },
      ...{ amount: 5, payout: 5, at: new Date(0) },
    } as never);
    const found = async (complete: boolean) =>
      (await auditLedger(models, new Date(), complete)).findings.map(({ id, what }) => `${what} ${id}`).sort();
    const wrong = [
      `account_differs ${accountOf('buy_one')}`,
      `amount_differs ${changed!._id}`,
      'row_without_sale txn_gone:1:sale',
    ];
    assert.deepEqual(await found(false), [...wrong, `row_missing ${unsettled!._id}`].sort());
    await found(true);
    assert.deepEqual(await found(false), wrong);
  });

  it('completes an entry whose call died between the ledger and the account', async () => {
    const at = new Date();
    const entry = { side: 'buyer', party: 'buy_one', kind: 'deposit', amount: 5_000_000, reference: 'r', at } as const;
    await dying((on) => enterEntry(on, entry), 2);
    assert.equal((await readCredit(models, 'buy_one', terms)).balance, 0);
    assert.equal((await auditLedger(models, new Date())).findings.length, 1);
    assert.deepEqual((await auditLedger(models, new Date(), true)).findings, []);
    assert.equal((await readCredit(models, 'buy_one', terms)).balance, 5_000_000);
  });

  it('takes a reference for one entry', async () => {
    const entry = (amount: number, at: number, offAccount = false) =>
      enterEntry(models, {
        ...{ side: 'buyer', party: 'buy_one', kind: 'deposit', reference: 'wire-1' },
        ...{ amount, offAccount, at: new Date(at) },
      });
    assert.deepEqual([await entry(5, 1), await entry(5, 2)], [true, false]);
    await assert.rejects(entry(6, 3), { code: 'entry_conflict' });
    await assert.rejects(entry(5, 3, true), { code: 'entry_conflict' });
    assert.equal((await readCredit(models, 'buy_one', terms)).balance, 5);
  });
});
