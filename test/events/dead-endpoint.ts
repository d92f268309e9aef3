import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postbackOfEvent } from '../../activities/postback/open-event.ts';
import type { EventRecord } from '../../models/event.ts';
import { postbackRow } from '../../models/outbox.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver } from '../postbacks/receiver.ts';
import { eventsFile, visited } from './campaign.ts';

/** Requests that a node makes to one endpoint at a time, at most. */
const AT_ONCE = 8;
const HEALTHY = 20;
const [HANGING, REFUSING] = ['event/hanging/crm', 'event/refusing/crm'];

/**
 * So many postbacks wait for two endpoints that are dead: one takes connections and never answers, one takes none. Then
 * events for a healthy one all arrive while those wait, and the dead one never has more than a few requests to bear.
 */
export async function tellBesideDead(pending: number, patienceMs: number): Promise<void> {
  const [hole, healthy, deployment] = await Promise.all([startHole(), startReceiver(), createDeployment()]);
  try {
    const crm = (url: string) => [{ id: 'crm', request: { url } }];
    const events = [
      ...[{ id: 'quote_viewed' }, { id: 'elsewhere' }],
      { id: 'hanging', postbacks: crm(hole.url) },
      { id: 'refusing', postbacks: crm('http://127.0.0.1:1') },
      { id: 'told', postbacks: crm(healthy.url) },
    ];
    const named = events.map(({ id }) => id).filter((id) => id !== 'elsewhere');
    await deployment.apply(eventsFile(deployment.buyers.url, { events, campaign: { events: named } }));
    await leaveWaiting(deployment, pending);
    const { url } = await deployment.start();
    const { postbacks, outbox } = deployment.models;
    const waiting = { endpoint: { $in: [HANGING, REFUSING] }, state: 'open' as const };
    await eventually(async () => (await outbox.countDocuments()) === 0, patienceMs);
    // Of the hanging one all but a few have been turned away, of the other one each was tried.
    const tried = { endpoint: REFUSING, attempts: 0 };
    await eventually(async () => (await postbacks.countDocuments(tried)) === 0, patienceMs);

    for (let n = 0; n < HEALTHY; n++) {
      const body = { cid: 'cmp_test', event_id: 'told', transaction_id: await visited(url) };
      assert.equal((await send(`${url}/api/event/trigger`, body, {})).status, 200);
    }
    await eventually(async () => healthy.received.length === HEALTHY, patienceMs);
    assert.equal(await postbacks.countDocuments(waiting), pending);
    assert.ok(hole.mostOpen() > 0 && hole.mostOpen() <= AT_ONCE, `${hole.mostOpen()} requests at a time`);
  } finally {
    await hole.stop();
    await deployment.stop();
    await healthy.stop();
  }
}

/** Postbacks as they are when they were about to be made: the sweeper begins them. */
async function leaveWaiting({ models }: Deployment, count: number): Promise<void> {
  const at = new Date(Date.now() - 60_000);
  const records = Array.from({ length: count }, (_, index) => {
    const [event, endpoint] = index % 2 === 0 ? ['hanging', HANGING] : ['refusing', REFUSING];
    const lead = newTransactionId();
    const fired = { _id: `${lead}:${event}`, event, lead, at, campaign: 'cmp_test', source: 'src_one', mode: 'live' };
    return postbackOfEvent({ ...fired, conversion: false, fields: {} } as unknown as EventRecord, endpoint);
  });
  for (let begin = 0; begin < count; begin += 1000) {
    const some = records.slice(begin, begin + 1000);
    await models.postbacks.collection.insertMany(some as never[]);
    await models.outbox.collection.insertMany(some.map((record) => ({ ...postbackRow(record), at })) as never[]);
  }
}

/** A server that takes requests and never answers one. */
async function startHole() {
  let [open, mostOpen] = [0, 0];
  const server = createServer((request, response) => {
    mostOpen = Math.max(mostOpen, ++open);
    request.resume();
    response.on('close', () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mostOpen: () => mostOpen,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
