import assert from 'node:assert/strict';
import fc from 'fast-check';
import { enterRevenue } from '../../activities/event/enter-revenue.ts';
import type { EventRecord } from '../../models/event.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { openLeadDatabase } from '../reports/records.ts';
import { eventsFile, postedLead, visited } from './campaign.ts';

type Body = Record<string, unknown>;

describe('revenue of events', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment({ settings: { LEADWIRE_ADDRESS_RATE_PER_MINUTE: '100000' } });
    await deployment.apply(eventsFile(deployment.buyers.url));
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const fire = async (body: Body, key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
    const answer = await send(`${url}/api/event/trigger`, { cid: 'cmp_test', ...body }, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const rowsOf = (lead: string) => deployment.models.ledger.find({ lead, kind: 'event' }).sort({ _id: 1 }).lean();
  const leadOf = (id: string) => deployment.models.leads.findById(id).lean();
  const reported = async () => (await deployment.get('/api/report')).body['totals'] as Record<string, number>;

  it('goes into the ledger, the lead and the report when a key vouches for it, and only then', async () => {
    const lead = await postedLead(deployment);
    const before = await reported();
    await fire({ event_id: 'sale_completed', transaction_id: lead, revenue: 45.5 }, deployment.keys.live);
    await fire({ event_id: 'signup', transaction_id: lead, revenue: 1000 });
    await eventually(async () => (await rowsOf(lead)).length > 0);
    const [row, ...more] = await rowsOf(lead);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [row?._id, row?.event, row?.seller, row?.source, row?.amount, row?.payout, row?.buyer],
      [`${lead}:sale_completed:event`, 'sale_completed', 'sel_one', 'src_one', 0, 45_500_000, undefined],
    );
    await eventually(async () => (await leadOf(lead))?.revenue === 45_500_000);
    const after = await reported();
    const gained = (name: string) => Math.round((Number(after[name]) - Number(before[name])) * 1e6) / 1e6;
    assert.deepEqual(
      ['events', 'eventConversions', 'eventRevenue', 'unverifiedRevenue', 'revenue', 'profit', 'conversions'].map(
        gained,
      ),
      [2, 2, 45.5, 1000, 45.5, 45.5, 0],
    );
    const { body } = await deployment.get('/api/report?group_by=event&event=sale_completed');
    const [only] = body['rows'] as Body[];
    assert.deepEqual([only?.['event'], only?.['eventRevenue'], only?.['leads']], ['sale_completed', 45.5, 0]);
  });

  it('of a visit is the lead’s that comes from it', async () => {
    const visit = await visited(url);
    await fire({ event_id: 'signup', transaction_id: visit, revenue: 3 }, deployment.keys.live);
    await eventually(async () => (await deployment.models.clicks.findById(visit).lean())?.revenue === 3_000_000);
    await postedLead(deployment, aLead({ transaction_id: visit }));
    await eventually(async () => (await leadOf(visit))?.revenue === 3_000_000);
    assert.equal((await rowsOf(visit)).length, 1);
  });

  it('of a sandbox lead is in no ledger and no report', async () => {
    const lead = await postedLead(deployment, aLead(), { 'x-api-key': deployment.keys.test });
    const before = await reported();
    await fire({ event_id: 'sale_completed', transaction_id: lead, revenue: 7 }, deployment.keys.test);
    await eventually(async () => (await leadOf(lead))?.revenue === 7_000_000);
    assert.deepEqual(await rowsOf(lead), []);
    assert.deepEqual(await reported(), before);
  });

  it('is entered by the sweeper when the node that took the event in died before it was', async () => {
    const lead = await postedLead(deployment);
    await fire({ event_id: 'sale_completed', transaction_id: lead, revenue: 9 }, deployment.keys.live);
    await eventually(async () => (await rowsOf(lead)).length === 1);
    const { ledger, leads, outbox } = deployment.models;
    const id = `${lead}:sale_completed`;
    // As it was before: the event and its row in the outbox, and nothing that follows.
    await eventually(async () => (await outbox.findById(`event:${id}`).lean()) === null);
    await ledger.collection.deleteMany({ lead, kind: 'event' } as never);
    await leads.updateOne({ _id: lead }, { $unset: { revenue: 1, earnedFrom: 1 } });
    const row = { _id: `event:${id}`, kind: 'event' as const, lead, event: id, at: new Date(Date.now() - 5_000) };
    await outbox.updateOne({ _id: row._id }, { $set: row }, { upsert: true });
    await eventually(async () => (await leadOf(lead))?.revenue === 9_000_000);
    assert.equal((await rowsOf(lead)).length, 1);
  });
});

describe('the ledger of events', function () {
  this.timeout(120_000);
  let database: Awaited<ReturnType<typeof openLeadDatabase>>;
  before(async () => {
    database = await openLeadDatabase('money');
  });
  after(() => database.drop());

  it('adds up to what was verified, however often and in whatever order events are entered', async () => {
    const event = fc.record({
      revenue: fc.nat(2_000_000_000),
      verified: fc.boolean(),
      times: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), fc.infiniteStream(fc.nat()), async (all, order) => {
        const { models } = database;
        const lead = newTransactionId();
        await models.leads.collection.insertOne({ _id: lead } as never);
        const records = all.map(({ revenue, verified }, index) => ({
          ...{ _id: `${lead}:signup:${index}`, lead, event: 'signup', campaign: 'cmp_one', source: 'src_one' },
          ...{ seller: 'sel_one', mode: 'live', conversion: true, revenue, verified, at: new Date() },
        })) as EventRecord[];
        if (records.length > 0) await models.events.collection.insertMany(records as never[]);
        const runs = all.flatMap(({ times }, index) => Array.from({ length: times }, () => records[index]!));
        const shuffled = runs
          .map((run) => ({ run, at: order.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ run }) => run);
        await Promise.all(shuffled.map((record) => enterRevenue(models, record)));
        const due = all.reduce((sum, { revenue, verified }) => sum + (verified ? revenue : 0), 0);
        const rows = await models.ledger.find({ lead }).lean();
        assert.equal(
          rows.reduce((sum, { payout = 0 }) => sum + payout, 0),
          due,
        );
        assert.equal((await models.leads.findById(lead).lean())?.revenue ?? 0, due);
      }),
      { numRuns: 25 },
    );
  });
});
