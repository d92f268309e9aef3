import { createConfigurationModels } from '../config/models.ts';
import { createConfigurationStore } from '../config/store.ts';
import type { Stack } from '../dev/servers/stack.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels } from '../models/models.ts';
import { newTransactionId } from '../rules/transaction-id.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import { benchCampaign } from './campaign.ts';
import { closedLoop, figures, openLoop, type Figures, type Target } from './load.ts';
import { cpuByProcess, NETWORKS, printCpu, startBenchNode, startProgram } from './processes.ts';

const WARM = 2_000;
const UNLOADED = 300;
const CLIENTS = 40;
const SATURATED = 3_000;
const PER_SECOND = 100;
const SECONDS = 20;
/** Beside a dead endpoint: so many wait for it, and so many events a second go to a healthy one. */
const PENDING = 10_000;
const BESIDE_PER_SECOND = 20;
const PATIENCE_MS = 300_000;

type Models = ReturnType<typeof createLeadModels>;

/**
 * What an event takes until it is stored and answered, and until its endpoint has been told: unloaded, with as many
 * clients as a node bears, and at 100 events a second whether or not earlier ones were answered; beside a route that
 * stores it and sends a webhook without more. Then the same beside an endpoint that is dead, for which 10,000 wait. Each
 * event is of a visit of its own.
 */
export async function measureEvents(stack: Stack): Promise<void> {
  const database = `bench_events_${Date.now()}`;
  const mongo = await connectMongo({ uri: stack.mongoUri, database });
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const receiver = await startProgram('bench/receiver.ts', []);
    stops.push(() => receiver.stop());
    const store = createConfigurationStore({ models: createConfigurationModels(mongo), allowNetworks: [NETWORKS] });
    await store.apply(campaign(receiver.url), { by: 'bench' });
    const node = await startBenchNode(stack, database);
    stops.push(() => node.stop());
    const bare = await startProgram('bench/bare-event.ts', [stack.mongoUri, database, `${receiver.url}/hook`]);
    stops.push(() => bare.stop());
    const names = new Map([
      [node.pid, 'Leadwire node'],
      [bare.pid, 'bare route'],
      [receiver.pid, 'receiver'],
    ]);
    const models = createLeadModels(mongo);
    const on = (event: Record<string, unknown>) => target(node.url, event);
    const loads: [string, boolean, Target][] = [
      ['bare: stored, one webhook', true, { ...on({}), url: bare.url, path: '/' }],
      ['event', false, on({ event_id: 'quote_viewed' })],
      ['conversion that updates its visit', false, on({ event_id: 'sale_completed', revenue: 5, sub1: 'a' })],
      ['event with one postback', true, on({ event_id: 'told' })],
    ];
    for (const [, , load] of loads) await run(models, WARM / loads.length, () => closedLoop(load, 8, WARM / 4));
    await settled(models);
    for (const [name, isTold, load] of loads) {
      console.log(`\n## ${name}`);
      await reset(receiver.url);
      print('unloaded', figures(await run(models, UNLOADED, () => closedLoop(load, 1, UNLOADED)), 0));
      if (isTold) await printArrivals(receiver.url, UNLOADED);
      const before = await cpuByProcess(names);
      const saturated = await run(models, SATURATED, () => closedLoop(load, CLIENTS, SATURATED));
      print(`saturated by ${CLIENTS} clients`, figures(saturated, 0));
      if (isTold) await printArrivals(receiver.url, SATURATED);
      printCpu('event', SATURATED, before, await cpuByProcess(names));
      await settled(models);
      await printOpenLoop(models, receiver.url, load, PER_SECOND, isTold);
    }
    console.log(`\n## an endpoint that does not answer, with ${PENDING} postbacks that wait for it`);
    const told = on({ event_id: 'told' });
    await printOpenLoop(models, receiver.url, told, BESIDE_PER_SECOND, true);
    await run(models, PENDING, () => closedLoop(on({ event_id: 'untold' }), CLIENTS, PENDING));
    await settled(models);
    const waiting = await models.postbacks.countDocuments({ state: 'open' });
    console.log(`  now ${waiting} wait`);
    const before = await cpuByProcess(names);
    await printOpenLoop(models, receiver.url, told, BESIDE_PER_SECOND, true);
    printCpu('second', SECONDS, before, await cpuByProcess(names));
    const { mostOpen } = await figuresOf(receiver.url);
    const attempted = await models.postbacks.countDocuments({ type: 'event.untold', attempts: { $gt: 0 } });
    console.log(`  ${attempted} of them were tried, at most ${mostOpen} at a time`);
  } finally {
    for (const stop of stops.reverse()) await stop();
    await mongo.dropDatabase().catch(() => undefined);
    await mongo.close();
  }
}

function campaign(receiver: string): ConfigurationFile {
  const postbacks = (path: string) => [{ id: 'crm', request: { url: `${receiver}/${path}` } }];
  return {
    ...benchCampaign('http://127.0.0.1:1'),
    events: [
      { id: 'quote_viewed' },
      { id: 'sale_completed', conversion: true },
      { id: 'told', postbacks: postbacks('hook') },
      { id: 'untold', postbacks: postbacks('dead') },
    ],
  };
}

const visits: string[] = [];

/** Makes the visits that a load fires events on before it begins. */
async function run<T>(models: Models, count: number, load: () => Promise<T>): Promise<T> {
  const visit = { campaign: 'cmp_bench', seller: 'sel_bench', source: 'src_bench', mode: 'live', device: 'desktop' };
  const made = Array.from({ length: count }, () => ({
    _id: newTransactionId(),
    at: new Date(),
    tracking: {},
    ...visit,
  }));
  for (let begin = 0; begin < count; begin += 1000) {
    await models.clicks.collection.insertMany(made.slice(begin, begin + 1000) as never[]);
  }
  visits.push(...made.map(({ _id }) => _id));
  return load();
}

function target(url: string, event: Record<string, unknown>): Target {
  return {
    url,
    path: '/api/event/trigger',
    headers: { 'content-type': 'application/json' },
    body: () => JSON.stringify({ cid: 'cmp_bench', transaction_id: visits.pop(), ...event }),
    ok: (status) => status === 200,
  };
}

/** Waits until whatever follows from events has been begun. */
async function settled({ outbox }: Models): Promise<void> {
  await until(async () => (await outbox.countDocuments()) === 0);
}

async function printOpenLoop(models: Models, receiver: string, load: Target, perSecond: number, isTold: boolean) {
  const count = perSecond * SECONDS;
  await reset(receiver);
  print(`open loop at ${perSecond}/s`, figures(await run(models, count, () => openLoop(load, perSecond, count)), 0));
  if (isTold) await printArrivals(receiver, count);
}

interface Arrivals {
  count: number;
  p50: number;
  p99: number;
  last: number;
  mostOpen: number;
}

async function figuresOf(receiver: string, method = 'GET'): Promise<Arrivals> {
  return (await (await fetch(`${receiver}/figures`, { method })).json()) as Arrivals;
}

const reset = (receiver: string) => figuresOf(receiver, 'DELETE');

/** How long after an event was taken in its endpoint had it, and how long the last one took after the load had ended. */
async function printArrivals(receiver: string, count: number): Promise<void> {
  const ended = Date.now();
  await until(async () => (await figuresOf(receiver)).count >= count);
  const { p50, p99, last } = await reset(receiver);
  const late = Math.max(0, last - ended);
  console.log(`    told after p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; the last ${late} ms after the load`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error('what the bench waits for did not come about');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function print(name: string, { leads: count, failed, perSecond, p50, p99 }: Figures): void {
  const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  console.log(
    `  ${name.padEnd(28)} ${perSecond.toFixed(1).padStart(7)} events/s  ${times}  (${count}, ${failed} failed)`,
  );
}
