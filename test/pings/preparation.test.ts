import assert from 'node:assert/strict';
import type { Integration } from '../../schema/integration.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { PATIENT } from './campaigns.ts';
import { createSeller, type Seller } from './seller.ts';

/** The simulated service knows every number that ends in 0000. */
const suppression = (base: string, changes: Partial<Integration>): Integration => ({
  id: 'int_suppression',
  campaign: 'cmp_test',
  category: 'Compliance',
  check: {
    request: {
      method: 'GET',
      url: `${base}/compliance/lookup`,
      query: { phone: { field: 'lead.phone', format: 'national' }, ref: 'lead.transaction_id' },
    },
    response: { error: 'status >= 400', rejected: 'body.results > 0', accepted: { 'body.status': 'success' } },
  },
  ...changes,
});

describe('what runs before a ping', () => {
  let deployment: Deployment;
  let seller: Seller;
  const start = async (changes: Partial<Integration> = {}) => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      auction: PATIENT,
      more: (base) => [suppression(base, changes)],
    });
    seller = createSeller((await deployment.start()).url, deployment.keys.live);
  };
  afterEach(() => deployment.stop());
  const preparedOf = async (id: unknown) =>
    (await deployment.models.auctions.findById(`${String(id)}:1`).lean())?.prepared.map(({ result }) => result);

  it('runs again at the post, with the whole lead: a lead that compliance refuses reaches no buyer', async () => {
    await start();
    const ping = await seller.ping();
    assert.equal(ping.body['outcome'], 'bid');
    const refused = await seller.post(ping.body['ping_id'], { phone: '212-555-0000' });
    assert.deepEqual([refused.body['outcome'], refused.body['reason']], ['rejected', 'compliance']);
    assert.deepEqual(deployment.buyers.log({ op: 'post' }), []);
    const next = await seller.ping();
    const sold = await seller.post(next.body['ping_id']);
    assert.equal(sold.body['outcome'], 'sold');
    assert.equal((await preparedOf(next.body['ping_id']))?.length, 1);
    assert.deepEqual((await preparedOf(next.body['transaction_id']))?.at(-1), 'passed');
  });

  it('that says no to what the ping tells already ends it there', async () => {
    await start();
    const { body } = await seller.ping({ zip: '10001', phone: '212-555-0000' });
    assert.deepEqual([body['outcome'], body['reason']], ['no_bid', 'compliance']);
    assert.deepEqual(deployment.buyers.log({ op: 'ping' }), []);
  });

  it('may be kept for the post', async () => {
    await start({ stages: 'post' });
    const ping = await seller.ping();
    assert.deepEqual([ping.body['outcome'], await preparedOf(ping.body['ping_id'])], ['bid', []]);
    const refused = await seller.post(ping.body['ping_id'], { phone: '212-555-0000' });
    assert.equal(refused.body['reason'], 'compliance');
  });
});
