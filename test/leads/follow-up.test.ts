import assert from 'node:assert/strict';
import { crmIntegration } from './campaign-file.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

describe('an integration after the outcome', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      more: (base) => [crmIntegration(base, { 'properties.acme_id': 'lead.acme_id' })],
    });
    const file = await deployment.store.export();
    const alpha = file.integrations?.find(({ id }) => id === 'int_alpha');
    assert.ok(alpha?.post);
    alpha.post.response.capture = { acme_id: 'body.lead_id' };
    await deployment.apply(file);
    await deployment.start();
  });
  after(() => deployment.stop());
  beforeEach(() => deployment.buyers.resetBehaviour());

  const followUp = async (id: string, state: string) =>
    eventually(async () => {
      const found = await deployment.models.followUps.findById(`${id}:int_crm`).lean();
      return found?.state === state && found;
    });

  it('gets the lead in a workflow of its own', async () => {
    const { body } = await deployment.post(aLead());
    await followUp(String(body['transaction_id']), 'done');
    // It sees what became of the lead, and what the buyer's answer captured.
    const { fields } = deployment.buyers.log({ buyer: 'crm' }).at(-1)!;
    assert.ok(fields.includes('properties.price') && fields.includes('properties.acme_id'), fields.join());
  });

  it('is tried again until it answers', async () => {
    deployment.buyers.setBehaviour('crm', { call: { mode: 'error', times: 1 } });
    const { body } = await deployment.post(aLead());
    const done = await followUp(String(body['transaction_id']), 'done');
    assert.equal(done.attempts, 2);
  });

  it('ends visibly failed on a recognised no', async () => {
    deployment.buyers.setBehaviour('crm', { call: { mode: 'error', status: 400 } });
    const { body } = await deployment.post(aLead());
    const failed = await followUp(String(body['transaction_id']), 'failed');
    assert.deepEqual([failed.reason, failed.attempts], ['rejected', 1]);
  });

  it('does not run for an outcome it is not configured for', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { mode: 'reject' } });
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'rejected');
    assert.equal(
      await deployment.models.outbox.countDocuments({ kind: 'follow_up', lead: String(body['transaction_id']) }),
      0,
    );
  });
});
