import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { startLossyProxy, type LossyProxy } from './lossy-proxy.ts';

describe('a node that is told to stop while Temporal does not answer', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let proxy: LossyProxy;
  before(async () => {
    const [host = '', port] = (process.env['TEMPORAL_ADDRESS'] ?? '').split(':');
    proxy = await startLossyProxy({ host, port: Number(port) });
    deployment = await createDeployment({ buyers: ['alpha'] });
  });
  after(async () => {
    await deployment.stop();
    await proxy.stop();
  });

  it('stops, and leaves the workflow that it could not start to another node', async () => {
    const node = await deployment.start({ temporalAddress: `127.0.0.1:${proxy.port}`, shutdownSeconds: 1 });
    const hold = proxy.hold('LeadCampaign');
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'sold');
    await hold.reached;
    await node.stop();
    const id = String(body['transaction_id']);
    assert.equal(await deployment.models.outbox.countDocuments({ _id: `lead:${id}` }), 1);
    await deployment.start();
    const handle = deployment.client.workflow.getHandle(id);
    const result = (await eventually(() => handle.result().catch(() => undefined))) as { outcome: string };
    assert.equal(result.outcome, 'sold');
    assert.deepEqual(deployment.buyers.accepted()[id], ['alpha'], 'and nobody is asked again');
  });
});
