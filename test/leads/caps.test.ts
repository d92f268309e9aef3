import assert from 'node:assert/strict';
import { aLead, createDeployment, type Deployment } from './deployment.ts';

describe('caps', () => {
  let deployment: Deployment;
  afterEach(() => deployment.stop());
  const accepted = (name: string) =>
    Object.values(deployment.buyers.accepted()).filter((buyers) => buyers.includes(name)).length;

  it('never overshoot, however many leads race for the last place (I5)', async () => {
    deployment = await createDeployment({
      buyers: ['alpha', 'beta'],
      integrations: { alpha: { caps: [{ count: 'accepted', max: 7, per: 'total' }] } },
    });
    await Promise.all([deployment.start(), deployment.start()]);
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 5 } });
    const answers = await Promise.all(Array.from({ length: 40 }, () => deployment.post(aLead())));
    assert.equal(accepted('alpha'), 7);
    assert.equal(accepted('beta'), 33);
    assert.equal(answers.filter(({ body }) => body['outcome'] === 'sold').length, 40);
    const [window] = await deployment.models.caps.find().lean();
    assert.deepEqual([window?.n, window?.open], [7, []]);
  });

  it('give a place back on a reject, and keep it for a post without a clear answer', async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { caps: [{ count: 'accepted', max: 1, per: 'day' }] } },
    });
    await deployment.start();
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reject' } });
    await deployment.post(aLead());
    assert.equal((await deployment.models.caps.findOne().lean())?.n, 0);
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reset' } });
    assert.equal((await deployment.post(aLead())).body['outcome'], 'unknown');
    const window = await deployment.models.caps.findOne().lean();
    assert.deepEqual([window?.n, window?.open.length], [1, 1]);
  });

  it('count leads sent when they say so, rejected ones too', async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { caps: [{ count: 'sent', max: 2, per: 'day' }] } },
    });
    await deployment.start();
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reject' } });
    for (const _ of [1, 2, 3]) await deployment.post(aLead());
    assert.equal(deployment.buyers.log({ op: 'post' }).length, 2);
  });

  it('keep a budget to what was accepted to be paid', async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { caps: [{ revenue: 20, per: 'month' }] } },
    });
    await deployment.start();
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 }, post: { price: '8.50' } });
    for (const _ of [1, 2, 3]) await deployment.post(aLead());
    assert.equal(accepted('alpha'), 2);
    assert.equal((await deployment.models.caps.findOne().lean())?.n, 17_000_000);
  });

  it('are neither taken nor kept by a sandbox lead (I9)', async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { caps: [{ count: 'accepted', max: 1, per: 'day' }] } },
    });
    await deployment.start();
    for (const _ of [1, 2]) {
      const { body } = await deployment.post(aLead(), { 'x-api-key': deployment.keys.test });
      assert.equal(body['outcome'], 'sold');
    }
    assert.equal(await deployment.models.caps.countDocuments(), 0);
  });
});
