import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually } from './deployment.ts';

describe('a node at its limits', () => {
  it('sheds leads past its capacity with 503 and Retry-After, and takes them again later', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'], settings: { LEADWIRE_MAX_IN_FLIGHT: '2' } });
    try {
      await deployment.start();
      deployment.buyers.setBehaviour('alpha', { ping: { delayMs: 600 } });
      const answers = await Promise.all(Array.from({ length: 6 }, () => deployment.post(aLead())));
      const shed = answers.filter(({ status }) => status === 503);
      assert.equal(answers.filter(({ status }) => status === 200).length, 2);
      assert.equal(shed.length, 4);
      assert.ok(shed.every(({ body, headers }) => body['code'] === 'overloaded' && headers.get('retry-after')));
      assert.equal(await deployment.models.leads.countDocuments(), 2);
      assert.equal((await deployment.post(aLead())).status, 200);
    } finally {
      await deployment.stop();
    }
  });

  it('answers the leads in flight before it ends, and none of them is lost', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'] });
    try {
      const node = await deployment.start();
      deployment.buyers.setBehaviour('alpha', { ping: { delayMs: 700 } });
      const answers = [1, 2, 3].map(() => deployment.post(aLead()));
      await eventually(async () => deployment.buyers.log({ op: 'ping' }).length === 3);
      const stopping = node.stop();
      const ready = await fetch(`${node.url}/readyz`).then(
        (answer) => answer.status,
        () => 503,
      );
      assert.equal(ready, 503);
      for (const { status, body } of await Promise.all(answers))
        assert.deepEqual([status, body['outcome']], [200, 'sold']);
      await stopping;
    } finally {
      await deployment.stop().catch(() => undefined);
    }
  });

  it('starts its workflows eagerly, and says so in its figures', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'] });
    try {
      const node = await deployment.start();
      for (const _ of [1, 2, 3]) await deployment.post(aLead());
      // Sellers do not wait for the starts.
      await eventually(async () => {
        const metrics = await fetch(`${node.url}/metrics`).then((answer) => answer.text());
        return /leadwire_workflow_starts_total\{eager="true"\} 3/.test(metrics);
      });
    } finally {
      await deployment.stop();
    }
  });
});
