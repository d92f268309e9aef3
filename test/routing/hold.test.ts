import assert from 'node:assert/strict';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Integration } from '../../schema/integration.ts';
import { nextTry } from '../../rules/hold.ts';
import { compileSchedule } from '../../rules/schedule.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

const HOUR_MS = 3_600_000;

/** A schedule that is not open within two days of now, whatever the time zone. */
function farAway(): NonNullable<Integration['schedule']> {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
  // getUTCDay counts from Sunday.
  const today = (new Date().getUTCDay() + 6) % 7;
  return [{ days: [days[(today + 3) % 7]!], from: '09:00', to: '10:00' }];
}

describe('a held lead', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['never', 'late'],
      auction: { noBuyer: 'hold', holdMinutes: 600, holdRetryMinutes: 120 },
      integrations: { late: { schedule: farAway() } },
    });
    await deployment.start();
  });
  beforeEach(() => deployment.buyers.setBehaviour('never', { ping: { mode: 'reject' } }));
  after(() => deployment.stop());

  const leadOf = (id: string) => deployment.models.leads.findById(id).lean();
  const auctions = (id: string) => deployment.models.auctions.countDocuments({ lead: id });
  async function held() {
    const { status, body } = await deployment.post(aLead());
    assert.deepEqual([status, body['outcome']], [202, 'held']);
    const id = String(body['transaction_id']);
    const resume = deployment.client.workflow.getHandle(`${id}/resume`);
    await eventually(async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING');
    // A continuation that has just ended needs no look.
    const look = async () => {
      await resume.signal('settled').catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    };
    return { id, resume, look };
  }
  const becomes = (id: string, outcome: string) =>
    eventually(async () => {
      const found = await leadOf(id);
      return found?.outcome === outcome && found;
    });
  /** As if the buyers had been asked so long ago, however often that was by now. */
  const askedAgo = (id: string, ms: number) =>
    deployment.models.auctions.updateMany({ lead: id }, { $set: { at: new Date(Date.now() - ms) } });

  it('is offered anew when its time between tries is over, and held as long as it was to be', async () => {
    const { id, look } = await held();
    const before = await leadOf(id);
    await eventually(async () => {
      await askedAgo(id, 3 * HOUR_MS);
      await look();
      return (await auctions(id)) >= 2;
    });
    await eventually(async () => (await leadOf(id))?.outcome === 'held');
    const again = await leadOf(id);
    assert.deepEqual(again?.holdUntil, before?.holdUntil);
    deployment.buyers.setBehaviour('never', { ping: { price: 6 } });
    await eventually(async () => {
      await askedAgo(id, 3 * HOUR_MS);
      await look();
      return (await leadOf(id))?.outcome === 'sold';
    });
    const sold = await becomes(id, 'sold');
    assert.equal(sold.sales[0]?.price, 6_000_000);
    const row = await deployment.models.ledger.findById(`${id}:1:sale`).lean();
    assert.deepEqual([row?.amount, row?.recovered], [6_000_000, true]);
  });

  it('is offered anew as soon as a schedule is open that was not', async () => {
    const { id, look } = await held();
    const first = await deployment.models.auctions.findById(`${id}:1`).lean();
    assert.equal(first?.participants.find(({ integration }) => integration === 'int_late')?.result, 'schedule_closed');
    const file = await deployment.store.export();
    const opened = structuredClone(file);
    for (const integration of opened.integrations ?? []) if (integration.id === 'int_late') delete integration.schedule;
    await deployment.apply(opened);
    deployment.buyers.setBehaviour('late', { ping: { price: 4 } });
    await eventually(async () => {
      await look();
      return (await leadOf(id))?.outcome === 'sold';
    });
    assert.deepEqual(
      (await leadOf(id))?.sales.map(({ buyer }) => buyer),
      ['buy_late'],
    );
    await deployment.apply(file);
    await eventually(async () => (await deployment.post(aLead())).body['outcome'] === 'held');
  });

  it('goes back to a buyer that was not sent anything, and to none that said no', async () => {
    deployment.buyers.setBehaviour('never', { ping: { price: 6 }, post: { mode: 'reject' } });
    const { id, look } = await held();
    deployment.buyers.clear();
    await eventually(async () => {
      await askedAgo(id, 3 * HOUR_MS);
      await look();
      return (await auctions(id)) >= 2;
    });
    await eventually(async () => (await leadOf(id))?.outcome === 'held');
    assert.deepEqual(deployment.buyers.log({ ref: id }), []);
    // As if a cap had been full: nobody heard of the lead.
    await deployment.models.deliveries.updateOne(
      { _id: `${id}:1` },
      { $set: { state: 'not_sent', reason: 'cap_full' } },
    );
    deployment.buyers.setBehaviour('never', { ping: { price: 6 }, post: {} });
    await eventually(async () => {
      await askedAgo(id, 3 * HOUR_MS);
      await look();
      return (await leadOf(id))?.outcome === 'sold';
    });
    const sold = await becomes(id, 'sold');
    assert.equal(sold.sales[0]?.delivery, `${id}:2`);
  });

  it('expires when its time is over, however often it was offered', async () => {
    const { id, resume, look } = await held();
    await eventually(async () => {
      await askedAgo(id, 3 * HOUR_MS);
      await look();
      return (await auctions(id)) >= 2;
    });
    await eventually(async () => {
      await deployment.models.leads.updateOne({ _id: id, outcome: 'held' }, { $set: { holdUntil: new Date(0) } });
      await look();
      return (await leadOf(id))?.outcome === 'expired';
    });
    await eventually(async () => (await resume.describe()).status.name === 'COMPLETED');
  });
});

describe('the next try of a held lead', () => {
  const now = Date.parse('2026-11-18T17:05:30Z');
  const slot = (from: string, to: string, timezone = 'UTC') =>
    compileSchedule([{ days: 'mon-sun', from, to, timezone }], 'UTC');
  const tryAt = (changes: Partial<Parameters<typeof nextTry>[0]>) =>
    new Date(nextTry({ now, askedAt: now, retryMs: 5 * HOUR_MS, closed: [], ...changes })).toISOString().slice(11, 19);

  it('is the first opening of a schedule that was closed', () => {
    assert.equal(tryAt({ closed: [slot('20:00', '21:00'), slot('13:30', '14:00', 'America/New_York')] }), '18:30:00');
    assert.equal(tryAt({ closed: [slot('17:06', '17:07')] }), '17:06:00');
  });
  it('is now where one is open by now, or the time between tries is over', () => {
    assert.equal(tryAt({ closed: [slot('17:00', '18:00')] }), '17:05:30');
    assert.equal(tryAt({ askedAt: now - 6 * HOUR_MS }), '17:05:30');
  });
  it('is at the latest when the time between tries is over, and six hours ahead at most', () => {
    assert.equal(tryAt({ closed: [slot('23:00', '23:30')] }), '22:05:30');
    assert.equal(tryAt({ retryMs: 30 * HOUR_MS, closed: [slot('23:00', '23:30')] }), '23:00:00');
    assert.equal(tryAt({ retryMs: 30 * HOUR_MS, closed: [slot('23:30', '23:40')] }), '23:05:30');
  });
});
