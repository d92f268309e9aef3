import assert from 'node:assert/strict';
import type { Integration } from '../../schema/integration.ts';
import { buyerIntegration, type CampaignOptions } from './campaign-file.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

async function deploy(options: CampaignOptions): Promise<Deployment> {
  const deployment = await createDeployment(options);
  await deployment.start();
  return deployment;
}

describe('a lead that nobody buys', () => {
  let deployment: Deployment;
  afterEach(() => deployment.stop());
  const allReject = () => {
    for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { mode: 'reject' } });
  };

  it('is rejected by default', async () => {
    deployment = await deploy({});
    allReject();
    const { status, body } = await deployment.post(aLead());
    assert.deepEqual([status, body['outcome'], body['reason']], [200, 'rejected', 'no_bid']);
  });

  it('goes to the default buyer at its configured price', async () => {
    const last = (base: string): Integration[] => {
      const { ping: _, ...integration } = buyerIntegration(base, 'last');
      return [{ ...integration, buyer: 'buy_alpha', price: 1.5 }];
    };
    deployment = await deploy({ auction: { minPrice: 3, noBuyer: 'default', defaultBuyer: 'int_last' }, more: last });
    allReject();
    deployment.buyers.setBehaviour('last', { post: { price: null } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['price']], ['sold', 1.5]);
    assert.deepEqual(deployment.buyers.accepted()[String(body['transaction_id'])], ['last']);
  });

  it('is held, and expires when its time is over', async () => {
    deployment = await deploy({ auction: { noBuyer: 'hold', holdMinutes: 1 } });
    allReject();
    const { status, body } = await deployment.post(aLead());
    const id = String(body['transaction_id']);
    assert.deepEqual([status, body['outcome']], [202, 'held']);
    const lead = await deployment.models.leads.findById(id).lean();
    assert.ok((lead?.holdUntil?.getTime() ?? 0) > Date.now());
    // The continuation waits for that moment: let it be over and look again, as its timer will.
    const resume = deployment.client.workflow.getHandle(`${id}/resume`);
    await eventually(async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING');
    await deployment.models.leads.updateOne({ _id: id }, { $set: { holdUntil: new Date(0) } });
    await resume.signal('settled');
    await eventually(async () => (await deployment.models.leads.findById(id).lean())?.outcome === 'expired');
    await eventually(async () => (await resume.describe()).status.name === 'COMPLETED');
  });
});

describe('a pending post', () => {
  it('keeps the lead until its deadline, then settles as configured', async () => {
    const deployment = await deploy({
      buyers: ['alpha'],
      integrations: { alpha: { deadlines: { pending: { afterMinutes: 1, as: 'accepted' } } } },
    });
    try {
      deployment.buyers.setBehaviour('alpha', { ping: { price: 4 }, post: { mode: 'pending' } });
      const { status, body } = await deployment.post(aLead());
      const id = String(body['transaction_id']);
      assert.deepEqual([status, body['outcome']], [202, 'pending']);
      const resume = deployment.client.workflow.getHandle(`${id}/resume`);
      await eventually(async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING');
      await deployment.models.deliveries.updateOne({ _id: `${id}:1` }, { $set: { settleBy: new Date(0) } });
      await resume.signal('settled');
      const lead = await eventually(async () => {
        const found = await deployment.models.leads.findById(id).lean();
        return found?.outcome === 'sold' && found;
      });
      assert.equal(lead.sales[0]?.price, 4_000_000);
    } finally {
      await deployment.stop();
    }
  });
});

describe('the deadline of the seller', () => {
  it('is answered 202 with a status address; the lead goes on', async () => {
    const deployment = await deploy({ buyers: ['alpha'], auction: { deadlineMs: 500, pingTimeoutMs: 3000 } });
    try {
      deployment.buyers.setBehaviour('alpha', { ping: { delayMs: 1200 } });
      const { status, body } = await deployment.post(aLead());
      const id = String(body['transaction_id']);
      assert.deepEqual([status, body['outcome']], [202, 'processing']);
      assert.equal(body['status_url'], `https://leads.example/api/lead/${id}`);
      await eventually(async () => (await deployment.get(`/api/lead/${id}`)).body['outcome'] === 'sold');
    } finally {
      await deployment.stop();
    }
  });
});

describe('a shared lead', () => {
  it('that is sold goes on with the buyer that gave no clear answer (I3, I6)', async () => {
    const deployment = await deploy({
      buyers: ['a', 'b'],
      auction: { maxBuyers: 2 },
      integrations: { b: { deadlines: { unknown: { afterMinutes: 1, as: 'accepted' } } } },
    });
    try {
      deployment.buyers.setBehaviour('a', { ping: { price: 9 } });
      deployment.buyers.setBehaviour('b', { ping: { price: 5 }, post: { mode: 'reset', acceptsAnyway: true } });
      const { body } = await deployment.post(aLead());
      const id = String(body['transaction_id']);
      assert.deepEqual([body['outcome'], body['price']], ['sold', 9]);
      const resume = deployment.client.workflow.getHandle(`${id}/resume`);
      await eventually(async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING');
      await deployment.models.deliveries.updateOne({ _id: `${id}:2` }, { $set: { settleBy: new Date(0) } });
      await resume.signal('settled');
      const lead = await eventually(async () => {
        const found = await deployment.models.leads.findById(id).lean();
        return found?.sales.length === 2 && found;
      });
      assert.deepEqual([lead.outcome, lead.sales.map(({ price }) => price)], ['sold', [9_000_000, 5_000_000]]);
      assert.equal(await deployment.models.ledger.countDocuments({ lead: id }), 2);
      await eventually(async () => (await resume.describe()).status.name === 'COMPLETED');
    } finally {
      await deployment.stop();
    }
  });

  it('is sold to at most its number of buyers (I2)', async () => {
    const deployment = await deploy({ buyers: ['a', 'b', 'c', 'd', 'e'], auction: { maxBuyers: 3 } });
    try {
      ['a', 'b', 'c', 'd', 'e'].forEach((name, index) =>
        deployment.buyers.setBehaviour(name, { ping: { price: 9 - index } }),
      );
      deployment.buyers.setBehaviour('b', { ping: { price: 8 }, post: { mode: 'reject' } });
      const { body } = await deployment.post(aLead());
      assert.deepEqual([body['outcome'], body['price']], ['sold', 9 + 7 + 6]);
      assert.deepEqual(deployment.buyers.accepted()[String(body['transaction_id'])]?.sort(), ['a', 'c', 'd']);
    } finally {
      await deployment.stop();
    }
  });
});
