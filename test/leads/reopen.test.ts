import assert from 'node:assert/strict';
import { reopenWork } from '../../models/open-work.ts';
import { aLead, createDeployment, eventually } from './deployment.ts';

describe('a restored database', () => {
  it('goes on with its open leads where no workflow knows them', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'], auction: { noBuyer: 'hold', holdMinutes: 60 } });
    try {
      await deployment.start();
      deployment.buyers.setBehaviour('alpha', { ping: { mode: 'reject' } });
      const { body } = await deployment.post(aLead());
      const id = String(body['transaction_id']);
      assert.equal(body['outcome'], 'held');
      const resume = deployment.client.workflow.getHandle(`${id}/resume`);
      const running = async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING';
      await eventually(running);
      // As after a restore beside a new Temporal: the records are there, the continuation is not.
      await resume.terminate();
      await eventually(async () => !(await running()));
      await deployment.models.outbox.deleteMany({});
      assert.equal(await reopenWork(deployment.models), 1);
      await eventually(running);
      await deployment.models.leads.updateOne({ _id: id }, { $set: { holdUntil: new Date(0) } });
      await resume.signal('settled');
      await eventually(async () => (await deployment.models.leads.findById(id).lean())?.outcome === 'expired');
    } finally {
      await deployment.stop();
    }
  });
});
