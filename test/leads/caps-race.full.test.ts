import assert from 'node:assert/strict';
import { campaignFile, type CampaignOptions } from './campaign-file.ts';
import { aLead, createDeployment, eventually, send, type Answer, type Deployment } from './deployment.ts';

const LEADS = 200;
const LANES = 20;

describe('caps: leads that race through the API', function () {
  this.timeout(180_000);
  const options: CampaignOptions = {
    buyers: ['alpha'],
    integrations: { alpha: { caps: [{ count: 'accepted', max: 50, per: 'total' }] } },
    // A busy machine may be slow, and is not what this is about.
    auction: { pingTimeoutMs: 9_000, deadlineMs: 30_000 },
  };
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({ ...options, settings: { LEADWIRE_RATE_PER_SECOND: '1000' } });
    const file = campaignFile(deployment.buyers.url, options);
    for (const { post } of file.integrations ?? []) if (post) post.request.timeoutMs = 20_000;
    await deployment.apply(file);
  });
  after(() => deployment.stop());

  it('of 200 at two nodes exactly 50 are sold, by what the buyer itself says (I5)', async () => {
    const nodes = [await deployment.start(), await deployment.start()];
    const answers: Answer[] = [];
    let next = 0;
    const lane = async () => {
      for (let n = next++; n < LEADS; n = next++) {
        const url = `${nodes[n % 2]!.url}/api/lead/cmp_test`;
        answers.push(await send(url, aLead(), { 'x-api-key': deployment.keys.live }));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const open = { state: { $ne: 'concluded' } } as never;
    await eventually(async () => (await deployment.models.leads.countDocuments(open)) === 0, 60_000);

    assert.equal(Object.keys(deployment.buyers.accepted()).length, 50);
    const sold = await deployment.models.leads.countDocuments({ outcome: 'sold' });
    const rejected = await deployment.models.leads.countDocuments({ outcome: 'rejected' });
    assert.deepEqual([sold, rejected], [50, 150]);
    const [window] = await deployment.models.caps.find().lean();
    assert.deepEqual([window?.n, window?.open], [50, []]);
    const sales = await deployment.models.ledger.countDocuments({ kind: 'sale' });
    assert.equal(sales, 50);
  });
});
