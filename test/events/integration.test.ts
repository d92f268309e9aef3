import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Integration } from '../../schema/integration.ts';
import { followUpShown } from '../../server/follow-ups/shown.ts';
import { crmIntegration } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { eventsFile, postedLead, visited } from './campaign.ts';

const crm = (base: string): Integration => ({
  ...crmIntegration(base, { 'properties.event': 'event.name', 'properties.revenue': 'event.revenue' }),
  when: 'on_event',
  events: ['sale_completed', 'call_made'],
});

/** What Meta is told, by a service on loopback. */
const meta = (base: string): Integration => ({
  ...{ id: 'int_meta', campaign: 'cmp_test', category: 'Custom', when: 'on_event', events: ['signup'] },
  ...{ connector: 'facebook', config: { pixel_id: '1234567890' }, hosts: [new URL(base).host] },
  deliver: {
    request: { url: `${base}/crm/v3/objects/contacts` },
    response: { accepted: 'status = 201', rejected: 'status = 400' },
  },
});

describe('an integration that runs on events', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment();
    const file = eventsFile(deployment.buyers.url);
    const { url: base } = deployment.buyers;
    await deployment.apply({ ...file, integrations: [...(file.integrations ?? []), crm(base), meta(base)] });
    await deployment.secrets.set('int_meta', 'access_token', 'sample-token', 'test');
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const fire = async (lead: string, event: string, more: Record<string, unknown> = {}) => {
    const body = { cid: 'cmp_test', transaction_id: lead, event_id: event, ...more };
    assert.equal((await send(`${url}/api/event/trigger`, body, {})).status, 200);
  };
  const delivered = (lead: string) =>
    eventually(async () => {
      const found = await deployment.models.followUps.find({ lead, state: { $ne: 'open' } }).lean();
      return found.length > 0 && found;
    }, 60_000);

  it('gets the lead and the event, again until it answers, and of its own events only', async () => {
    const lead = await postedLead(deployment);
    deployment.buyers.setBehaviour('crm', { call: { mode: 'error', times: 1 } });
    await fire(lead, 'quote_viewed');
    await fire(lead, 'sale_completed', { revenue: 45 });
    const records = await delivered(lead);
    assert.deepEqual(
      records.map(({ _id, event, state, attempts }) => [_id, event, state, attempts]),
      [[`${lead}:sale_completed:int_crm`, `${lead}:sale_completed`, 'done', 2]],
    );
    const { fields } = deployment.buyers.log({ buyer: 'crm' }).at(-1)!;
    for (const name of ['email', 'leadwire_id', 'price', 'event', 'revenue']) {
      assert.ok(fields.includes(`properties.${name}`), name);
    }
    assert.equal(await deployment.models.followUps.countDocuments({ lead }), 1);
  });

  it('gets a visit that has no lead yet', async () => {
    const visit = await visited(url);
    await fire(visit, 'call_made');
    const [record] = await delivered(visit);
    assert.deepEqual([record?.state, record?.attempts], ['done', 1]);
  });

  it('is told by the sweeper when the node that took the event in died before it was', async () => {
    const lead = await postedLead(deployment);
    const id = `${lead}:sale_completed`;
    const { leads, events, outbox } = deployment.models;
    const { campaign, seller, source, mode } = (await leads.findById(lead).lean())!;
    const at = new Date(Date.now() - 5_000);
    await outbox.create({ _id: `event:${id}`, kind: 'event', lead, event: id, at });
    await events.create({
      ...{ _id: id, event: 'sale_completed', lead, campaign, seller, source, mode, at },
      ...{ pid: 'organic', revision: 1, conversion: true, affiliateConversion: false, verified: false, revenue: 1 },
      ...{ fields: {}, payload: '{}', origin: 'open', request: 'died' },
    });
    const [record] = await delivered(lead);
    assert.deepEqual([record?._id, record?.state], [`${id}:int_crm`, 'done']);
  });

  it('is told by the operation postback of its connector, which sees contacts hashed', async () => {
    const lead = await postedLead(deployment, aLead({ email: 'Ada@Example.com' }));
    await fire(lead, 'signup', { revenue: 45 });
    const [record] = await delivered(lead);
    assert.equal(record?.state, 'done', record?.reason);
    const { body = '' } = followUpShown(record!).request ?? {};
    const { data } = JSON.parse(body) as { data: Record<string, unknown>[] };
    const hash = createHash('sha256').update('ada@example.com').digest('hex');
    assert.deepEqual([data[0]?.['event_name'], (data[0]?.['user_data'] as { em: string[] }).em], ['signup', [hash]]);
    assert.deepEqual(data[0]?.['custom_data'], { value: 45, currency: 'USD' });
  });

  it('is refused where it names what there is not', async () => {
    const file = eventsFile(deployment.buyers.url);
    const wrong = { ...crm(deployment.buyers.url), events: ['nothing'] };
    const applied = deployment.apply({ ...file, integrations: [...(file.integrations ?? []), wrong] });
    await assert.rejects(applied, { code: 'invalid_configuration' });
  });
});
