import assert from 'node:assert/strict';
import { aLead, createDeployment, type Deployment } from './deployment.ts';

describe('duplicates', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({ dedupe: { fields: ['phone'], withinDays: 30 } });
    await deployment.start();
  });
  after(() => deployment.stop());

  it('have an outcome of their own and reach no buyer', async () => {
    const lead = aLead();
    const first = await deployment.post(lead);
    deployment.buyers.clear();
    const second = await deployment.post({ ...lead, phone: `+1 (${String(lead['phone']).replace('-', ') ')}` });
    assert.deepEqual([first.body['outcome'], second.status, second.body['outcome']], ['sold', 200, 'duplicate']);
    assert.deepEqual(deployment.buyers.log(), []);
    const stored = await deployment.models.leads.findById(String(second.body['transaction_id'])).lean();
    assert.equal(stored?.duplicateOf, first.body['transaction_id']);
  });

  it('that race make one sale, never none', async () => {
    const lead = aLead();
    const answers = await Promise.all(Array.from({ length: 50 }, () => deployment.post(lead)));
    const outcomes = answers.map(({ body }) => body['outcome']);
    assert.equal(outcomes.filter((outcome) => outcome === 'sold').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'duplicate').length, 49);
  });

  it('are not made by a claim whose lead never came: it is taken over', async () => {
    const lead = aLead();
    await deployment.post(lead);
    const claim = await deployment.models.claims.findOne().sort({ leaseUntil: -1 }).lean();
    assert.ok(claim);
    // What a node leaves behind that dies between its claim and its lead.
    await deployment.models.leads.deleteOne({ _id: claim.lead });
    await deployment.models.claims.updateOne({ _id: claim._id }, { $set: { leaseUntil: new Date(Date.now() - 5000) } });
    assert.equal((await deployment.post(lead)).body['outcome'], 'sold');
  });

  it('are no duplicates once the window is over', async () => {
    const lead = aLead();
    await deployment.post(lead);
    await deployment.models.claims.updateMany({}, { $set: { until: new Date(Date.now() - 5000) } });
    assert.equal((await deployment.post(lead)).body['outcome'], 'sold');
  });

  it('are kept under a keyed hash', async () => {
    const lead = aLead();
    await deployment.post(lead);
    const text = JSON.stringify(await deployment.models.claims.find().lean());
    assert.ok(!text.includes(String(lead['phone']).replaceAll('-', '')));
  });

  it('do not count in the sandbox', async () => {
    const lead = aLead();
    for (const _ of [1, 2]) {
      const { body } = await deployment.post(lead, { 'x-api-key': deployment.keys.test });
      assert.equal(body['outcome'], 'sold');
    }
    assert.equal((await deployment.post(lead)).body['outcome'], 'sold');
  });
});
