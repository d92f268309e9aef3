import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { settleLate } from '../../activities/delivery/settle.ts';
import type { Behaviour } from '../../dev/buyers/server.ts';
import { withThrowawayStack } from '../../dev/servers/throwaway.ts';
import { requestWithdrawal } from '../../server/withdrawals/request.ts';
import { alertScheduleId } from '../../server/alerts/schedule.ts';
import { installTemporalRuntime } from '../../server/temporal/runtime.ts';
import { crmIntegration } from '../leads/campaign-file.ts';
import type { Deployment } from '../leads/deployment.ts';
import { startReceiver } from '../postbacks/receiver.ts';
import { FOLDER, PERSON, plainHistory, recordedHistories, WORDS } from './recorded.ts';

/**
 * Records the histories that every later version of the workflows has to replay: real runs of each workflow through
 * what it meets most. Run it for a release, after a change of the workflows; the recordings of leads that may still be
 * under way somewhere must go on replaying until they have ended, so an old recording is only replaced on purpose:
 * `npm run test:record -- postback` writes those whose name contains a text, or one of several.
 */
async function main(): Promise<void> {
  installTemporalRuntime();
  await withThrowawayStack(async ({ mongoUri, temporalAddress }) => {
    process.env['MONGODB_URI'] = mongoUri;
    process.env['TEMPORAL_ADDRESS'] = temporalAddress;
    // It reads where the servers are when it is loaded.
    const { createDeployment, eventually } = await import('../leads/deployment.ts');
    const deployment = await createDeployment({ more: (base) => [crmIntegration(base)] });
    try {
      const { url } = await deployment.start();
      await recordAll(deployment, url, eventually);
    } finally {
      await deployment.stop();
    }
  });
}

async function recordAll(
  deployment: Deployment,
  url: string,
  eventually: <T>(look: () => Promise<T | false>, timeoutMs?: number) => Promise<T>,
): Promise<void> {
  const { buyers, client, models } = deployment;
  let leads = 0;

  /** Everybody bids, alpha most; then the post of each buyer, and the CRM, behave as they are told. */
  async function sell(posts: Record<string, Behaviour>, call: Behaviour = {}, more: object = {}): Promise<string> {
    buyers.resetBehaviour();
    buyers.setBehaviour('crm', { call });
    for (const [name, price] of Object.entries({ alpha: 9, beta: 8, gamma: 7 })) {
      buyers.setBehaviour(name, { ping: { price }, post: posts[name] ?? {} });
    }
    const { body } = await deployment.post({ zip: '10001', ...PERSON, email: `${++leads}.${PERSON.email}`, ...more });
    return String(body['transaction_id']);
  }
  const outcomeIs = (id: string, outcome: string) =>
    eventually(async () => (await models.leads.findById(id).lean())?.outcome === outcome);

  async function record(name: string, workflowId: string): Promise<void> {
    const handle = client.workflow.getHandle(workflowId);
    await eventually(async () => (await handle.describe().catch(() => undefined))?.status.name === 'COMPLETED', 60_000);
    const history = plainHistory(await handle.fetchHistory());
    const kept = { workflowId, history: withoutMachine(history) };
    const wanted = process.argv.slice(2);
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) return;
    await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(kept, null, 1)}\n`);
    console.log(`${name}: ${history.events.length} events`);
  }

  const sold = await sell({});
  await outcomeIs(sold, 'sold');
  await record('lead-sold', sold);

  // The buyers are told only what their ping names; the history nothing of it.
  const pinged = await fetch(`${url}/api/ping/cmp_test`, {
    method: 'POST',
    headers: { 'x-api-key': deployment.keys.live, 'content-type': 'application/json' },
    body: JSON.stringify({ zip: '10001', ...PERSON }),
  });
  await record('ping', String(((await pinged.json()) as Record<string, unknown>)['ping_id']));

  const rejected = await sell({
    alpha: { mode: 'reject', reason: WORDS },
    beta: { mode: 'duplicate', reason: WORDS },
    gamma: { mode: 'reject', reason: WORDS },
  });
  await outcomeIs(rejected, 'rejected');
  await record('lead-rejected-after-post-rejects', rejected);

  const unknown = await sell({ alpha: { mode: 'reset', acceptsAnyway: true } });
  await outcomeIs(unknown, 'unknown');
  await record('lead-unknown', unknown);
  // Not before the continuation waits: it is to be woken, not merely started.
  const resume = client.workflow.getHandle(`${unknown}/resume`);
  await eventually(async () => (await eventsOf(resume)).includes('EVENT_TYPE_TIMER_STARTED'));
  const quiet = { concluded() {}, pinged() {}, posted() {}, conflict() {}, postback() {}, followUp() {}, endpointDisabled() {} };
  const settled = await settleLate(
    { models, kick: () => undefined, observer: quiet },
    `${unknown}:1`,
    { state: 'rejected' },
    'operator',
  );
  assert.equal(settled, 'settled');
  await outcomeIs(unknown, 'sold');
  await record('resume-settled-late-and-sold-on', `${unknown}/resume`);

  const followed = await sell({}, { mode: 'error', times: 1 });
  await record('follow-up-retried', `${followed}/int_crm`);
  const givenUp = await sell({}, { mode: 'error', status: 400 });
  await record('follow-up-failed', `${givenUp}/int_crm`);
  await requestWithdrawal({ models, kick: () => undefined }, { id: followed, kind: 'erase', by: 'recorder' });
  await record('withdrawal-erase', `${followed}/erase`);
  assert.equal((await models.followUps.findById(`${followed}:int_crm`).lean())?.attempts, 2);

  const receiver = await startReceiver();
  try {
    const file = await deployment.store.export();
    const source = file.sources?.find(({ id }) => id === 'src_one');
    assert.ok(source);
    source.postbacks = [{ id: 'main', on: ['sold'], request: { url: `${receiver.url}/{sub1}` } }];
    await deployment.apply(file);
    let refused = 0;
    receiver.answer(({ url: path }) => ({ status: path === '/gone' ? 404 : refused++ > 0 ? 200 : 503 }));
    // The node takes the endpoint up within a second: leads are sold until one of them is told.
    const tell = async (sub1: string) => {
      let told = '';
      await eventually(async () => {
        told = await sell({}, {}, { sub1 });
        await outcomeIs(told, 'sold');
        return (await models.postbacks.countDocuments({ lead: told })) > 0;
      }, 60_000);
      return `postback/${told}_sold:src_one/main`;
    };
    await record('postback-retried', await tell('taken'));
    await record('postback-failed', await tell('gone'));

    file.events = [{ id: 'sale', postbacks: [{ id: 'main', request: { url: `${receiver.url}/event` } }] }];
    await deployment.apply(file);
    refused = 0;
    receiver.answer(({ url: path }) => ({ status: path === '/event' && refused++ === 0 ? 503 : 200 }));
    // As above: events are fired until the node knows them.
    let fired = '';
    await eventually(async () => {
      fired = await sell({});
      const body = JSON.stringify({ cid: 'cmp_test', event_id: 'sale', transaction_id: fired });
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${url}/api/event/trigger`, { method: 'POST', headers, body });
      return status === 200;
    }, 60_000);
    await record('event-tried-again', `event/${fired}:sale`);

    // What was rejected above is enough to be told of.
    file.alertChannels = [{ id: 'ops', kind: 'webhook', url: `${receiver.url}/alert` }];
    file.campaigns![0]!.alerts = [{ when: 'no_sale_rate', above: 0.01, min: 1, to: ['ops'] }];
    await deployment.apply(file);
    const schedule = client.schedule.getHandle(alertScheduleId(deployment.name));
    await eventually(
      () => schedule.trigger().then(
        () => true,
        () => false,
      ),
      60_000,
    );
    const looked = await eventually(async () => {
      const [{ action } = {}] = (await schedule.describe()).info.recentActions;
      return action?.workflow.workflowId ?? false;
    }, 60_000);
    await record('alerts', looked);
    await schedule.delete();
  } finally {
    await receiver.stop();
  }

  assert.ok((await recordedHistories()).length >= 5);
}

async function eventsOf(handle: WorkflowHandle): Promise<unknown[]> {
  const history = await handle.fetchHistory().catch(() => undefined);
  return history ? plainHistory(history).events.map(({ eventType }) => eventType) : [];
}

/** Who recorded is nobody's business: names of processes and machines go. */
function withoutMachine(history: unknown): unknown {
  return JSON.parse(JSON.stringify(history), (key, value: unknown) => {
    if (key === 'identity' || key === 'binaryChecksum' || key === 'buildId') return 'recorder';
    if (key === 'taskQueue' && typeof value === 'object' && value !== null) return { ...value, name: 'recorded' };
    return value;
  });
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);
