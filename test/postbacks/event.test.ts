import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { EventRecord } from '../../models/event.ts';
import type { EndpointRecord, PostbackRecord } from '../../models/postback.ts';
import { OFF_AFTER_MS } from '../../rules/postback/failing.ts';
import type { LeadwireNode } from '../../server/node.ts';
import { eventsFile, postedLead, visited } from '../events/campaign.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { commandLine } from '../cli/command-line.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const SIGNING = `whsec_${randomBytes(24).toString('base64')}`;
const PATIENCE_MS = 60_000;

describe('a postback of an event', () => {
  let deployment: Deployment;
  let node: LeadwireNode;
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({ buyers: ['alpha'] });
    const { url } = receiver;
    const file = eventsFile(deployment.buyers.url, {
      events: [
        {
          id: 'sale_completed',
          name: 'Sale',
          conversion: true,
          affiliateConversion: true,
          postbacks: [
            { id: 'crm', sign: ['signing'], request: { url: `${url}/crm`, testUrl: `${url}/sandbox` } },
            {
              id: 'pixel',
              request: {
                method: 'GET',
                url: `${url}/pixel/{lead_id}?e={event_name}&i={event_id}&r={revenue}&zip={zip}&s={sub1}&o={order_no}&c={cid}`,
              },
            },
          ],
        },
        { id: 'quote_viewed', conversion: false, postbacks: [] },
        { id: 'call_made', multiTrigger: true },
        { id: 'elsewhere' },
      ],
      campaign: {
        events: [
          {
            event: 'sale_completed',
            fields: [{ name: 'order_no', type: 'text' }],
            postbacks: [{ id: 'own', body: 'none', sign: ['signing'], request: { url: `${url}/own` } }],
          },
          'quote_viewed',
          {
            event: 'call_made',
            postbacks: [
              { id: 'calls', order: 'per_lead', sign: ['signing'], request: { url: `${url}/calls` } },
              { id: 'odd', request: { method: 'GET', url: `${url}/odd` }, accepted: { 'body.code': 0 } },
            ],
          },
        ],
      },
    });
    const source = file.sources?.find(({ id }) => id === 'src_one');
    assert.ok(source);
    source.postbacks = [
      { id: 'affiliate', events: 'all', request: { method: 'GET', url: `${url}/affiliate?t={transaction_id}` } },
    ];
    await deployment.apply(file);
    for (const owner of ['event/sale_completed', 'cmp_test/sale_completed', 'cmp_test/call_made']) {
      await deployment.secrets.set(owner, 'signing', SIGNING, 'test');
    }
    node = await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    receiver.clear();
    receiver.answer(() => ({ status: 200, body: 'thanks' }));
  });

  const fire = async (transaction: string, event: string, more: object = {}) => {
    const response = await fetch(`${node.url}/api/event/trigger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cid: 'cmp_test', event_id: event, transaction_id: transaction, ...more }),
    });
    assert.equal(response.status, 200, await response.text());
  };
  const recordIs = (id: string, state: string) =>
    eventually(async () => {
      const record = await deployment.models.postbacks.findById(id).lean<PostbackRecord>();
      return record?.state === state && record;
    }, PATIENCE_MS);
  const sent = (path: string) => receiver.received.filter(({ url }) => url.startsWith(path));

  it('goes to the endpoints of the event, of its campaign and of the source', async () => {
    const lead = await postedLead(deployment, aLead({ sub1: 'a b&c' }));
    await fire(lead, 'sale_completed', { revenue: 45.5, order_no: 'A/1' });
    for (const id of ['event/sale_completed/crm', 'cmp_test/sale_completed/own', 'src_one/affiliate']) {
      await recordIs(`${lead}:sale_completed:${id}`, 'delivered');
    }
    await recordIs(`${lead}:sale_completed:event/sale_completed/pixel`, 'delivered');
    const [crm] = sent('/crm');
    assert.ok(crm);
    new Webhook(SIGNING).verify(crm.body, crm.headers);
    assert.equal(crm.headers['webhook-id'], `${lead}:sale_completed`);
    const { type, data } = JSON.parse(crm.body) as { type: string; data: Record<string, unknown> };
    assert.equal(type, 'event.sale_completed');
    const { conversion_id: conversion, ...rest } = data;
    assert.match(String(conversion), /^conv_/);
    assert.deepEqual(rest, {
      transaction_id: lead,
      campaign: 'cmp_test',
      source: 'src_one',
      event_id: 'sale_completed',
      conversion: true,
      revenue: 45.5,
      fields: { order_no: 'A/1' },
    });
    const { zip } = (await deployment.models.leads.findById(lead).lean())!.fields;
    assert.equal(
      sent('/pixel')[0]?.url,
      `/pixel/${lead}?e=Sale&i=sale_completed&r=45.5&zip=${zip}&s=a%20b%26c&o=A%2F1&c=cmp_test`,
    );
    assert.deepEqual([sent('/own')[0]?.method, sent('/own')[0]?.body], ['POST', '']);
    assert.deepEqual(
      sent('/affiliate').map(({ url }) => url),
      [`/affiliate?t=${lead}`],
    );
    const listed = await fetch(`${node.url}/api/events?transaction_id=${lead}`, {
      headers: { 'x-api-key': deployment.keys.live },
    });
    const [logged] = ((await listed.json()) as { events: { postbacks: unknown[] }[] }).events;
    assert.deepEqual(logged?.postbacks, [
      { endpoint: 'src_one/affiliate', state: 'delivered', code: 200, attempts: 1, answer: 'thanks' },
    ]);
    const { out } = await commandLine(deployment.variables)(`events --lead ${lead}`);
    assert.match(out.join('\n'), /event\/sale_completed\/crm delivered 200/);
    const workflow = deployment.client.workflow.getHandle(`event/${lead}:sale_completed`);
    assert.deepEqual(await workflow.result(), { again: [], failed: false });
  });

  it('to a source is of affiliate conversions only, and none where nobody is told', async () => {
    const lead = await postedLead(deployment);
    await fire(lead, 'quote_viewed');
    await fire(lead, 'call_made');
    await eventually(async () => sent('/calls').length === 1, PATIENCE_MS);
    assert.equal(sent('/affiliate').length, 0);
    assert.equal(await deployment.models.postbacks.countDocuments({ subject: `${lead}:quote_viewed` }), 0);
  });

  it('of a visit without a lead has its tracking fields', async () => {
    const visit = await visited(node.url, { sub1: 'news' });
    await fire(visit, 'sale_completed', { revenue: 1 });
    await recordIs(`${visit}:sale_completed:event/sale_completed/pixel`, 'delivered');
    assert.match(sent('/pixel')[0]?.url ?? '', /&zip=&s=news&/);
  });

  it('of a sandbox lead goes to the test address, or nowhere', async () => {
    const lead = await postedLead(deployment, aLead(), { 'x-api-key': deployment.keys.test });
    await fire(lead, 'sale_completed', { revenue: 1 });
    await recordIs(`${lead}:sale_completed:event/sale_completed/crm`, 'delivered');
    assert.deepEqual([sent('/sandbox').length, sent('/crm').length], [1, 0]);
    assert.equal(await deployment.models.postbacks.countDocuments({ subject: `${lead}:sale_completed` }), 1);
  });

  it('that is not taken goes on in a workflow of its own, with the id it had', async () => {
    let refused = 0;
    receiver.answer(({ url }) => ({ status: url.startsWith('/crm') && refused++ === 0 ? 503 : 200 }));
    const lead = await postedLead(deployment);
    await fire(lead, 'sale_completed', { revenue: 1 });
    const id = `${lead}:sale_completed:event/sale_completed/crm`;
    assert.equal((await recordIs(id, 'delivered')).attempts, 2);
    const [first, second] = sent('/crm');
    assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id']);
    assert.equal(first?.body, second?.body);
    const { again } = (await deployment.client.workflow.getHandle(`event/${lead}:sale_completed`).result()) as {
      again: string[];
    };
    assert.deepEqual(again, [id]);
    const own = deployment.client.workflow.getHandle(`postback/${id}`);
    assert.equal(((await own.result()) as { state: string }).state, 'delivered');
    assert.match(JSON.stringify((await own.describe()).typedSearchAttributes.getAll()), /"cmp_test"/);
  });

  it('keeps the order of its lead where the endpoint asks for it', async () => {
    let refused = 0;
    receiver.answer(({ url }) => ({ status: url.startsWith('/calls') && refused++ === 0 ? 503 : 200 }));
    const lead = await postedLead(deployment);
    await fire(lead, 'call_made');
    await eventually(async () => sent('/calls').length === 1, PATIENCE_MS);
    // The lock on the same event lasts two seconds; the first is tried again after five.
    await eventually(async () => {
      try {
        await fire(lead, 'call_made');
        return true;
      } catch {
        return false;
      }
    }, PATIENCE_MS);
    await eventually(async () => sent('/calls').length === 3, PATIENCE_MS);
    const ids = sent('/calls').map(({ headers }) => headers['webhook-id']);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[1], ids[2]);
  });

  it('is told by another node when the one that took the event in is gone (I7)', async () => {
    const lead = await postedLead(deployment);
    await fire(lead, 'quote_viewed');
    const stored = await deployment.models.events.findById(`${lead}:quote_viewed`).lean<EventRecord>();
    assert.ok(stored);
    // As its node leaves it when it dies after the answer: the event and its row, as old as that.
    const _id = `${lead}:sale_completed`;
    const at = new Date(Date.now() - 60_000);
    const row = { _id: `event:${_id}`, kind: 'event', lead, event: _id, at };
    await deployment.models.outbox.collection.insertOne(row as never);
    const event = { ...stored, _id, event: 'sale_completed', conversion: true, affiliateConversion: true, at };
    await deployment.models.events.collection.insertOne(event as never);
    await recordIs(`${_id}:src_one/affiliate`, 'delivered');
    await recordIs(`${_id}:event/sale_completed/crm`, 'delivered');
    assert.deepEqual(
      sent('/crm').map(({ headers }) => headers['webhook-id']),
      [_id],
    );
    await eventually(async () => (await deployment.models.outbox.countDocuments({ _id: row._id })) === 0, PATIENCE_MS);
  });

  it('fails when the endpoint says no with 200, and can be replayed by endpoint and time', async () => {
    receiver.answer(({ url }) => ({ status: 200, body: url.startsWith('/odd') ? '{"code":40001}' : '' }));
    const since = new Date().toISOString();
    const lead = await postedLead(deployment);
    await fire(lead, 'call_made');
    const failed = await eventually(
      async () =>
        (await deployment.models.postbacks.findOne({ lead, state: 'failed' }).lean<PostbackRecord>()) ?? false,
      PATIENCE_MS,
    );
    assert.deepEqual([failed.endpoint, failed.reason], ['cmp_test/call_made/odd', 'not_accepted']);
    receiver.answer(() => ({ status: 200, body: '{"code":0}' }));
    const { out, code } = await commandLine(deployment.variables)(
      `postbacks replay --endpoint cmp_test/call_made/odd --from ${since}`,
    );
    assert.deepEqual([code, /^1 postback goes/.test(out.join())], [0, true]);
    assert.equal((await recordIs(failed._id, 'delivered')).event, failed.event);
  });

  it('switches an endpoint off that has taken nothing for days, until an operator says otherwise', async () => {
    receiver.answer(({ url }) => ({ status: url.startsWith('/own') ? 400 : 200 }));
    const endpoint = 'cmp_test/sale_completed/own';
    const failure = async () => {
      const lead = await postedLead(deployment);
      await fire(lead, 'sale_completed', { revenue: 1 });
      return recordIs(`${lead}:sale_completed:${endpoint}`, 'failed');
    };
    await failure();
    const began = await deployment.models.endpoints.findById(endpoint).lean<EndpointRecord>();
    assert.deepEqual([began?.failures, began?.disabledAt], [1, undefined]);
    await deployment.models.endpoints.updateOne(
      { _id: endpoint },
      {
        $set: {
          failures: 9,
          failingSince: new Date(Date.now() - OFF_AFTER_MS),
          lastFailureAt: new Date(Date.now() - 3_600_000),
        },
      },
    );
    assert.equal((await failure()).reason, 'http_400');
    assert.equal((await failure()).reason, 'endpoint_disabled');
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    assert.ok(
      metrics.includes(`leadwire_postback_endpoints_disabled_total{endpoint="${endpoint}",reason="failing"} 1`),
    );
    await commandLine(deployment.variables)(`postbacks enable ${endpoint}`);
    receiver.clear();
    const lead = await postedLead(deployment);
    await fire(lead, 'sale_completed', { revenue: 1 });
    await recordIs(`${lead}:sale_completed:${endpoint}`, 'delivered');
    assert.equal(await deployment.models.endpoints.countDocuments({ _id: endpoint }), 0);
  });
});
