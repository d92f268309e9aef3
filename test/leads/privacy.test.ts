import assert from 'node:assert/strict';
import { temporal } from '@temporalio/proto';
import { createLogger } from '../../log/logger.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

/** Values that must stay in MongoDB: each is easy to find wherever it leaks to. */
const PERSON = {
  first_name: 'Zephyrine',
  last_name: 'Quackenbush',
  email: 'zephyrine.quackenbush@example.com',
  phone: '415-555-8642',
};
const TRACES = ['Zephyrine', 'Quackenbush', '5558642', '555-8642'];

describe('personal data (I8)', () => {
  let deployment: Deployment;
  let output = '';
  before(async () => {
    const log = createLogger('trace', 'test', { write: (line: string) => void (output += line) });
    deployment = await createDeployment({ buyers: ['alpha', 'beta', 'gamma'], log });
    await deployment.start();
  });
  after(() => deployment.stop());

  async function historyOf(workflowId: string): Promise<string> {
    const history = await deployment.client.workflow.getHandle(workflowId).fetchHistory();
    // Payloads are bytes: they are decoded, or what they hold could not be found.
    const object = temporal.api.history.v1.History.toObject(history as temporal.api.history.v1.History, {
      bytes: String,
    });
    const text = JSON.stringify(object);
    return (
      text + text.replace(/"data":"([A-Za-z0-9+/=]+)"/g, (_, data: string) => Buffer.from(data, 'base64').toString())
    );
  }

  it('is nowhere in the history, the search attributes, the metrics or the logs, whatever a buyer says', async () => {
    // The buyers' own words repeat the consumer's name and phone.
    const words = `call Zephyrine Quackenbush at ${PERSON.phone}`;
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 }, post: { mode: 'reject', reason: words } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 8 }, post: { mode: 'html' } });
    deployment.buyers.setBehaviour('gamma', { ping: { mode: 'reject', reason: words } });
    const { body } = await deployment.post(aLead(PERSON));
    const id = String(body['transaction_id']);
    assert.equal(body['outcome'], 'unknown');
    await eventually(async () =>
      deployment.client.workflow
        .getHandle(`${id}/resume`)
        .describe()
        .catch(() => undefined),
    );
    const handle = deployment.client.workflow.getHandle(id);
    // Its own workflow may start after the one that goes on with it.
    await eventually(async () => (await handle.describe().catch(() => undefined))?.status.name === 'COMPLETED');
    const metrics = await fetch(`${(await deployment.start()).url}/metrics`).then((answer) => answer.text());
    const seen = {
      history: await historyOf(id),
      continuation: await historyOf(`${id}/resume`),
      description: JSON.stringify((await handle.describe()).raw),
      metrics,
      output,
      answer: JSON.stringify(body),
    };
    assert.ok(seen.history.includes('int_alpha'), 'the history was not decoded');
    for (const [place, text] of Object.entries(seen)) {
      for (const trace of TRACES) assert.ok(!text.includes(trace), `${trace} is in the ${place}`);
    }
    const kept = JSON.stringify(await deployment.models.deliveries.find({ lead: id }).lean());
    assert.ok(kept.includes('Quackenbush'), 'the request log keeps what operators need');
  });

  it('leaves a failing activity as a code only', async () => {
    const lead = await deployment.models.leads.findOne().lean();
    assert.ok(lead);
    const _id = `${lead._id.slice(0, -1)}${lead._id.endsWith('0') ? '1' : '0'}`;
    await deployment.models.leads.collection.insertOne({ ...lead, _id: _id as never, revision: 4711, fields: PERSON });
    await deployment.client.workflow.start('lead', {
      workflowId: _id,
      taskQueue: deployment.name,
      args: [{ transactionId: _id }],
    });
    await eventually(async () => output.includes('unknown_version'));
    await deployment.client.workflow.getHandle(_id).terminate();
    const history = await historyOf(_id);
    for (const trace of TRACES) assert.ok(!(history + output).includes(trace));
  });
});

describe('the Temporal UI', () => {
  it('finds a lead by campaign, source, outcome and buyer, and says what happened', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'] });
    try {
      await deployment.start();
      const { body } = await deployment.post(aLead());
      const query = [
        `TaskQueue = '${deployment.name}'`,
        "LeadCampaign = 'cmp_test'",
        "LeadSource = 'src_one'",
        "LeadOutcome = 'sold'",
        "LeadBuyer = 'buy_alpha'",
      ].join(' AND ');
      const found = await eventually(async () => {
        for await (const execution of deployment.client.workflow.list({ query })) return execution;
        return undefined;
      });
      assert.equal(found.workflowId, body['transaction_id']);
      const described = await deployment.client.workflow.getHandle(found.workflowId).describe();
      assert.equal(await described.staticSummary(), 'Lead of cmp_test from src_one');
      assert.deepEqual(await deployment.client.workflow.getHandle(found.workflowId).result(), {
        outcome: 'sold',
        reason: 'sold',
        buyers: ['buy_alpha'],
      });
      const history = await deployment.client.workflow.getHandle(found.workflowId).fetchHistory();
      const marker = history.events?.find(({ markerRecordedEventAttributes }) => markerRecordedEventAttributes);
      const result = marker?.markerRecordedEventAttributes?.details?.['result']?.payloads?.[0]?.data;
      const sale = JSON.parse(Buffer.from(result ?? []).toString()) as Record<string, unknown>;
      assert.deepEqual(sale['participants'], { int_alpha: 'bid' });
      assert.deepEqual(sale['rounds'], [
        { round: 1, integration: 'int_alpha', buyer: 'buy_alpha', state: 'accepted', price: body['price'] },
      ]);
    } finally {
      await deployment.stop();
    }
  });
});
