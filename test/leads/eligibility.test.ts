import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

describe('eligibility', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['open', 'ruled', 'closed', 'far', 'capped', 'off', 'live_only'],
      integrations: {
        ruled: { rule: { '>=': [{ var: 'lead.age' }, 25] } },
        closed: { schedule: [{ days: 'mon-sun', from: '00:00', to: '00:01', timezone: 'Pacific/Kiritimati' }] },
        far: { geo: { include: { states: ['CA'] } } },
        capped: { caps: [{ count: 'accepted', max: 1, per: 'total' }] },
        off: { paused: true },
      },
    });
    const file = await deployment.store.export();
    const liveOnly = file.integrations?.find(({ id }) => id === 'int_live_only');
    delete liveOnly?.ping?.request.testUrl;
    await deployment.apply(file);
    await deployment.start();
  });
  after(() => deployment.stop());

  const results = async (headers?: Record<string, string>) => {
    const { body } = await deployment.post(aLead({ age: 20 }), headers);
    const auction = await deployment.models.auctions.findById(`${String(body['transaction_id'])}:1`).lean();
    return new Map(auction?.participants.map((participant) => [participant.integration, participant]));
  };

  it('keeps the reason why each buyer was not pinged, and what the rule saw', async () => {
    deployment.buyers.setBehaviour('capped', { ping: { price: 90 } });
    const first = await results();
    assert.equal(first.get('int_capped')?.result, 'bid');
    const seen = await eventually(async () => {
      const found = await results();
      return found.get('int_capped')?.result === 'cap_full' && found;
    });
    assert.deepEqual(
      ['open', 'ruled', 'closed', 'far', 'off'].map((name) => seen.get(`int_${name}`)?.result),
      ['bid', 'rule', 'schedule_closed', 'geo_state', 'paused'],
    );
    assert.deepEqual((seen.get('int_ruled')?.detail as { values: unknown }).values, { 'lead.age': 20 });
  });

  it('leaves an integration without a test address out of the sandbox (I9)', async () => {
    const seen = await results({ 'x-api-key': deployment.keys.test });
    assert.equal(seen.get('int_live_only')?.result, 'no_test_endpoint');
    assert.equal((await results()).get('int_live_only')?.result, 'bid');
  });

  it('heeds a change of configuration within seconds, without a restart', async () => {
    const file = await deployment.store.export();
    const off = file.integrations?.find(({ id }) => id === 'int_off');
    assert.ok(off);
    off.paused = false;
    await deployment.apply(file);
    await eventually(async () => (await results()).get('int_off')?.result === 'bid', 5_000);
  });
});
