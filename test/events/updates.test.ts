import assert from 'node:assert/strict';
import fc from 'fast-check';
import { updateLead } from '../../activities/event/update-lead.ts';
import { createLeadRecords } from '../../activities/lead-records.ts';
import { costAfter } from '../../rules/cost.ts';
import { MICROS_PER_DOLLAR, toDecimal } from '../../rules/money.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { eventsFile, postedLead, visited } from './campaign.ts';

describe('what an event changes in its lead', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment();
    await deployment.apply(eventsFile(deployment.buyers.url));
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const leadOf = (id: string) => deployment.models.leads.findById(id).lean();
  let fired = 0;
  /** Fires an event that may come again, one that nobody else has locked. */
  async function call(id: string, fields: Record<string, unknown>, event = 'call_made') {
    await deployment.models.eventLocks.deleteMany({ _id: `${id}:${event}` });
    const answer = await send(`${url}/api/event/cmp_test`, { transaction_id: id, event_id: event, ...fields }, {});
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    fired++;
  }

  it('cost_operation: add, substract (subtract), override; adSpend replaces', async () => {
    const id = await postedLead(deployment, aLead({ cost: 10, adSpend: 1 }));
    const steps: [Record<string, unknown>, number][] = [
      [{ cost: 2.5, cost_operation: 'add' }, 12.5],
      [{ cost: 0.5, cost_operation: 'substract' }, 12],
      [{ cost: 1, cost_operation: 'subtract' }, 11],
      [{ cost: 4, cost_operation: 'override' }, 4],
      [{ cost: 3 }, 3],
      [{ cost_operation: 'add' }, 3],
    ];
    for (const [fields, cost] of steps) {
      await call(id, fields);
      assert.equal((await leadOf(id))?.tracking['cost'], cost, JSON.stringify(fields));
    }
    await call(id, { adSpend: 7 });
    const lead = await leadOf(id);
    assert.deepEqual([lead?.tracking['adSpend'], lead?.original?.tracking], [7, { cost: 10, adSpend: 1 }]);
    assert.equal(lead?.changedBy?.length, steps.length + 1);
  });

  it('goes by the same readers as a lead, and keeps what the event does not name', async () => {
    const id = await postedLead(deployment);
    const before = await leadOf(id);
    await call(id, { email: ' Ada@Example.ORG ', zip: '', age: '40' });
    const after = await leadOf(id);
    assert.deepEqual(after?.fields, { ...before?.fields, email: 'ada@example.org', age: 40 });
    const refused = await send(
      `${url}/api/event/cmp_test`,
      { transaction_id: id, event_id: 'quote_viewed', zip: 'none', phone: '12' },
      {},
    );
    assert.deepEqual(Object.keys(refused.body['invalidFields'] as object), ['zip', 'phone']);
    assert.deepEqual((await leadOf(id))?.fields, after?.fields);
  });

  it('reaches the lead of a visit that has none yet', async () => {
    const id = await visited(url, { cost: '2', sub1: 'from-link' });
    await call(id, { cost: 3, cost_operation: 'add', sub2: 'from-event' });
    const click = await deployment.models.clicks.findById(id).lean();
    assert.deepEqual(click?.tracking, { cost: 5, sub1: 'from-link', sub2: 'from-event' });
    assert.deepEqual(click?.original, { tracking: { cost: 2, sub1: 'from-link' } });
    await postedLead(deployment, aLead({ transaction_id: id }));
    const lead = await leadOf(id);
    assert.deepEqual(lead?.tracking, { cost: 5, sub1: 'from-link', sub2: 'from-event' });
    // The sweeper looks again whether the lead missed something; it did not.
    const event = await deployment.models.events.findOne({ lead: id }).lean();
    assert.equal(await updateLead(deployment.models, event!), 'lead');
    assert.equal((await leadOf(id))?.tracking['cost'], 5);
    await call(id, { cost: 1, cost_operation: 'add' });
    assert.equal((await leadOf(id))?.tracking['cost'], 6);
  });

  it('reaches a lead that came from its visit as it was before the event', async () => {
    const { models } = deployment;
    const id = await visited(url);
    const before = await models.clicks.findById(id).lean();
    await call(id, { sub3: 'late' });
    await models.clicks.updateOne({ _id: id }, { $set: { tracking: {} }, $unset: { changedBy: 1, edits: 1 } });
    assert.deepEqual(before?.tracking, {});
    await postedLead(deployment, aLead({ transaction_id: id }));
    const lead = await eventually(async () => {
      const found = await leadOf(id);
      return found?.tracking['sub3'] === 'late' && found;
    }, 60_000);
    assert.deepEqual(lead.original?.tracking, {});
  });

  it('is done by another node when the one that took the event in died before it', async () => {
    const { models } = deployment;
    const id = await postedLead(deployment, aLead({ cost: 1 }));
    await call(id, { cost: 1, cost_operation: 'add' });
    const stored = await models.events.findOne({ lead: id }).lean();
    // As a node leaves it that dies between storing the event and updating the lead.
    await models.leads.updateOne(
      { _id: id },
      { $set: { tracking: { cost: 1 } }, $unset: { changedBy: 1, edits: 1, original: 1 } },
    );
    const at = new Date(Date.now() - 60_000);
    await eventually(async () => (await models.outbox.countDocuments({ lead: id })) === 0);
    await models.outbox.create({ _id: `event:${stored?._id}`, kind: 'event', lead: id, event: stored?._id, at });
    await eventually(async () => (await leadOf(id))?.tracking['cost'] === 2);
    await eventually(async () => (await models.outbox.countDocuments({ lead: id })) === 0);
  });

  it('is done once, whatever is repeated and however many race', async () => {
    const { models } = deployment;
    const operation = fc.constantFrom('add', 'subtract', 'substract', 'override', undefined);
    const change = fc.record({ cents: fc.integer({ min: -500, max: 500 }), operation });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const _id = newTransactionId();
        const base = { campaign: 'cmp_test', seller: 'sel_one', source: 'src_one', mode: 'live', revision: 1 } as const;
        const times = { receivedAt: new Date(), sellBy: new Date(), state: 'concluded' as const, turn: 0, sales: [] };
        await models.leads.create({ _id, ...base, fields: {}, tracking: { cost: 2 }, ...times });
        let expected = 2 * MICROS_PER_DOLLAR;
        for (const [index, { cents, operation: how }] of changes.entries()) {
          const tracking = { cost: cents / 100, ...(how ? { cost_operation: how } : {}) };
          const event = { _id: `${_id}:call:${index}`, lead: _id, updates: { fields: {}, tracking } };
          await Promise.all([updateLead(models, event), updateLead(models, event)]);
          expected = costAfter(expected, tracking);
        }
        assert.equal((await leadOf(_id))?.tracking['cost'], toDecimal(expected));
        // Additions in no order at all add up as well.
        await Promise.all(
          [1, 2, 3].map((n) =>
            updateLead(models, {
              ...{ _id: `${_id}:more:${n}`, lead: _id },
              updates: { fields: {}, tracking: { cost: n, cost_operation: 'add' } },
            }),
          ),
        );
        assert.equal((await leadOf(_id))?.tracking['cost'], toDecimal(expected + 6 * MICROS_PER_DOLLAR));
      }),
      { numRuns: 15 },
    );
    assert.ok(fired > 0);
  });

  it('leaves the sale as the lead came: a held lead goes on with the fields it was posted with', async () => {
    const id = await postedLead(deployment);
    await call(id, { first_name: 'Grace' });
    const facts = await createLeadRecords(deployment.models).lead(id);
    assert.equal(facts.fields['first_name'], 'Ada');
    assert.equal((await leadOf(id))?.fields['first_name'], 'Grace');
  });
});
