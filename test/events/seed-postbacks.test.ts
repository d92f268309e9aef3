import assert from 'node:assert/strict';
import { compileConfiguration } from '../../config/compile.ts';
import { insertOnce } from '../../models/fence.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { triggerEvent, type EventDeps } from '../../server/events/trigger.ts';
import { crmIntegration } from '../leads/campaign-file.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver } from '../postbacks/receiver.ts';
import { eventsFile, postedLead } from './campaign.ts';

type Body = Record<string, unknown>;

const PATIENCE_MS = 60_000;

/** Sentences of the Event Postback API and of Event Management that are about who is told of an event. */
describe('events, and who is told of them', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  let receiver: Receiver;
  let lead: string;
  before(async () => {
    receiver = await startReceiver();
    receiver.answer(({ url: path }) =>
      path.startsWith('/own') ? { status: 422, body: 'unknown lead' } : { status: 202, body: 'thanks' },
    );
    deployment = await createDeployment();
    const file = eventsFile(deployment.buyers.url, {
      events: [
        {
          id: 'sale',
          conversion: true,
          affiliateConversion: true,
          postbacks: [
            {
              id: 'get',
              request: {
                method: 'GET',
                url: `${receiver.url}/get?t={transaction_id}&l={lead_id}&e={event_name}&p={policy}`,
              },
            },
            { id: 'post', sign: ['signing'], request: { method: 'POST', url: `${receiver.url}/post` } },
          ],
        },
        { id: 'qualified' },
      ],
      campaign: {
        events: [{ event: 'sale', fields: [{ name: 'policy', type: 'text', required: true }] }, 'qualified'],
      },
      campaigns: [],
    });
    file.campaigns = file.campaigns?.map((campaign) =>
      campaign.id === 'cmp_other' ? { ...campaign, events: ['qualified'] } : campaign,
    );
    const source = file.sources?.find(({ id }) => id === 'src_one');
    assert.ok(source);
    source.postbacks = [
      {
        id: 'affiliate',
        events: 'all',
        request: { method: 'GET', url: `${receiver.url}/own?t={transaction_id}`, testUrl: `${receiver.url}/sandbox` },
      },
    ];
    const buyer = { ...crmIntegration(deployment.buyers.url, { 'properties.revenue': 'event.revenue' }) };
    await deployment.apply({
      ...file,
      integrations: [...(file.integrations ?? []), { ...buyer, when: 'on_event', events: ['sale'] }],
    });
    await deployment.secrets.set('event/sale', 'signing', 'a signing secret', 'test');
    url = (await deployment.start()).url;
    lead = await postedLead(deployment);
    const body = { cid: 'cmp_test', event_id: 'sale', transaction_id: lead, revenue: 45, policy: 'P 7' };
    const key = { 'x-api-key': deployment.keys.live };
    assert.equal((await send(`${url}/api/event/trigger`, body, key)).status, 200);
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });

  const settled = (endpoint: string) =>
    eventually(async () => {
      const record = await deployment.models.postbacks.findById(`${lead}:sale:${endpoint}`).lean<PostbackRecord>();
      return record && record.state !== 'open' && record;
    }, PATIENCE_MS);
  const sent = (path: string) => receiver.received.filter((request) => request.url.startsWith(path));

  it('a revenue value triggers payout processing and buyer postbacks', async () => {
    const told = await eventually(async () => {
      const found = await deployment.models.followUps.find({ lead, state: { $ne: 'open' } }).lean();
      return found.length > 0 && found;
    }, PATIENCE_MS);
    assert.deepEqual(
      told.map(({ integration, state }) => [integration, state]),
      [['int_crm', 'done']],
    );
    await eventually(async () => (await deployment.models.leads.findById(lead).lean())?.revenue === 45_000_000);
    assert.equal((await deployment.models.ledger.findById(`${lead}:sale:event`).lean())?.payout, 45_000_000);
  });

  it('Conversion Event: marks this event as a primary conversion for reporting purposes', async () => {
    await eventually(async () => {
      const { body } = await deployment.get('/api/report?group_by=event&event=sale');
      const [row] = body['rows'] as Body[];
      return Number(row?.['eventConversions']) >= 1 && row?.['eventRevenue'] === 45;
    });
  });

  it('Postback URLs: {transaction_id}, {lead_id}, {event_name} and event fields, by GET', async () => {
    await settled('event/sale/get');
    assert.deepEqual(
      sent('/get')
        .filter(({ url: path }) => path.includes(lead))
        .map(({ method, url: path }) => [method, path]),
      [['GET', `/get?t=${lead}&l=${lead}&e=sale&p=P%207`]],
    );
  });

  it('Postback URLs: the payload by POST, event fields in it', async () => {
    await settled('event/sale/post');
    const request = sent('/post').find(({ body }) => body.includes(lead));
    const { type, data } = JSON.parse(request?.body ?? '') as { type: string; data: Body };
    assert.deepEqual([request?.method, type, data['fields']], ['POST', 'event.sale', { policy: 'P 7' }]);
  });

  it('is told as well when the node that answered dies right after it (I7)', async () => {
    const { models, store } = deployment;
    const current = await store.current();
    assert.ok(current);
    const configuration = compileConfiguration(current.file, current.revision);
    const outbox: EventDeps['outbox'] = {
      write: (row) => insertOnce(models.outbox, row),
      follow: async () => undefined,
    };
    const transaction = await postedLead(deployment);
    const body = { cid: 'cmp_test', event_id: 'sale', transaction_id: transaction, revenue: 1, policy: 'P' };
    await triggerEvent(
      { models, config: { current: () => configuration }, outbox },
      { body, textual: false, caller: { origin: 'open' } },
    );
    await eventually(async () => sent('/get').some(({ url: path }) => path.includes(transaction)));
  });

  it('Affiliate Conversion Event: signals conversion to affiliate platforms via postbacks', async () => {
    await settled('src_one/affiliate');
    assert.equal(sent('/own').filter(({ url: path }) => path.includes(lead)).length, 1);
    const body = { cid: 'cmp_test', event_id: 'qualified', transaction_id: lead };
    assert.equal((await send(`${url}/api/event/trigger`, body, {})).status, 200);
    assert.equal(await deployment.models.postbacks.countDocuments({ subject: `${lead}:qualified` }), 0);
  });

  it('logs: timestamp, transaction, campaign, full payload, postback status, response code and response', async () => {
    await settled('src_one/affiliate');
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const { body } = await deployment.get(`/api/events?event=sale&from=${from}&to=${new Date().toISOString()}`);
    const entry = (body['events'] as Body[]).find((event) => event['transaction_id'] === lead);
    assert.ok(entry && String(entry['at']) > from);
    assert.deepEqual([entry['transaction_id'], entry['campaign']], [lead, 'cmp_test']);
    assert.deepEqual(entry['payload'], {
      ...{ cid: 'cmp_test', event_id: 'sale', transaction_id: lead, revenue: 45, policy: 'P 7' },
    });
    assert.deepEqual(entry['fields'], { policy: 'P 7' });
    assert.deepEqual(entry['postbacks'], [
      {
        ...{ endpoint: 'src_one/affiliate', state: 'failed', code: 422, reason: 'http_422', attempts: 1 },
        answer: 'unknown lead',
      },
    ]);
    const old = await deployment.get('/api/events?event=sale&to=2026-01-01T00:00:00Z');
    assert.deepEqual(old.body['events'], []);
  });

  it('Send Test: sends a sample payload to verify the connection is working', async () => {
    const { status, body } = await send(
      `${url}/api/postbacks/test`,
      { endpoint: 'src_one/affiliate', event: 'sale' },
      { 'x-api-key': deployment.keys.live },
    );
    assert.deepEqual([status, body['taken'], body['code'], body['answer']], [200, true, 202, 'thanks']);
    assert.equal(sent('/sandbox').length, 1);
  });
});
