import { Client, Connection } from '@temporalio/client';
import { createApiKeys } from '../config/api-keys.ts';
import { createConfigurationModels } from '../config/models.ts';
import { createConfigurationStore } from '../config/store.ts';
import type { Stack } from '../dev/servers/stack.ts';
import { withThrowawayStack } from '../dev/servers/throwaway.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels } from '../models/models.ts';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';
import { benchCampaign, BUYERS, PING_TIMEOUT_MS } from './campaign.ts';
import { measureConnectors } from './connectors.ts';
import { measureEvents } from './events.ts';
import { measureEligibility } from './eligibility.ts';
import { measureHung } from './hung.ts';
import { closedLoop, figures, openLoop, type Figures, type Target } from './load.ts';
import { cpuByProcess, NETWORKS, printCpu, startBenchNode, startProgram } from './processes.ts';
import { measureRequests } from './request.ts';

/**
 * `npm run bench`: ten simulated buyers, one all-in-one node, both servers and the load on this machine; beside them a
 * bare fan-out without durability. Compare figures of one run only: machines differ from day to day. An argument narrows
 * the scenarios by name: `npm run bench -- 'at 50 ms'`; `request CPU` is what a request costs before a lead is made,
 * `events` what it takes to store an event, `eligibility CPU` what the filters of 200 integrations take for a lead,
 * `connectors` what a connector adds to its mapping and 500 installed ones to a start, `hung` what one buyer that hangs does
 * to the leads of the others.
 */
const REQUEST_CPU = 'request CPU';
const ELIGIBILITY_CPU = 'eligibility CPU';
const CONNECTORS_CPU = 'connectors CPU';
const EVENTS = 'events';
const HUNG = 'one hung buyer';
const WARM = 600;
const UNLOADED = 150;
const CLIENTS = 40;
const SATURATED = 1500;
const HALF_SECONDS = 45;
const SETTLING_SECONDS = 4;
/** Leads or pings a second that leave a node idle most of the time. */
const UNHURRIED = 5;
const PING_DELAYS = [0, 50];

interface Scenario {
  name: string;
  delays: number[];
  /** What the slowest awaited buyer and the post take by themselves. */
  buyersMs: number;
  /** Off where slow buyers are to be waited for: they would be left out after a while. */
  health?: false;
}

const SCENARIOS: Scenario[] = [
  { name: '10 buyers at 0 ms', delays: BUYERS.map(() => 0), buyersMs: 0 },
  { name: '10 buyers at 50 ms', delays: BUYERS.map(() => 50), buyersMs: 100 },
  {
    name: '8 buyers at 50 ms, 2 at 2 s',
    delays: BUYERS.map((_, index) => (index < 2 ? 2000 : 50)),
    // The two are given up at the ping timeout.
    buyersMs: PING_TIMEOUT_MS + 50,
    health: false,
  },
];

async function main(): Promise<void> {
  installTemporalRuntime();
  const wanted = process.argv[2] ?? '';
  if (ELIGIBILITY_CPU.includes(wanted)) {
    console.log(`\n## ${ELIGIBILITY_CPU}`);
    measureEligibility();
    if (wanted !== '') return;
  }
  if (CONNECTORS_CPU.includes(wanted)) {
    console.log(`\n## ${CONNECTORS_CPU}`);
    await measureConnectors();
    if (wanted !== '') return;
  }
  await withThrowawayStack(async (stack) => {
    if (REQUEST_CPU.includes(wanted)) await measureRequests(stack);
    if (EVENTS.includes(wanted)) await measureEvents(stack);
    const names = [...SCENARIOS.map(({ name }) => name), ...PING_DELAYS.map(pingName), HUNG];
    if (names.some((name) => name.includes(wanted))) await measure(stack);
  });
}

async function measure(stack: Stack): Promise<void> {
  const database = `bench_${Date.now()}`;
  const mongo = await connectMongo({ uri: stack.mongoUri, database });
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const buyers = await startProgram('dev/buyers/main.ts', ['--port', '0', '--with-parent']);
    stops.push(() => buyers.stop());
    const models = createConfigurationModels(mongo);
    const store = createConfigurationStore({ models, allowNetworks: [NETWORKS] });
    await store.apply(benchCampaign(buyers.url), { by: 'bench' });
    const order = { kind: 'seller', seller: 'sel_bench', source: 'src_bench', mode: 'live', by: 'bench' } as const;
    const { key } = await createApiKeys({ models }).create(order);
    const node = await startBenchNode(stack, database);
    stops.push(() => node.stop());
    const bare = await startProgram('bench/bare.ts', [buyers.url, BUYERS.join(',')]);
    stops.push(() => bare.stop());
    const names = new Map([
      [buyers.pid, 'buyers'],
      [node.pid, 'Leadwire node'],
      [bare.pid, 'bare fan-out'],
    ]);
    const leadwire = target(node.url, '/api/lead/cmp_bench', { 'x-api-key': key });
    const yardstick = target(bare.url, '/', {});
    // Compilers warm up for thousands of calls; a bench of their first seconds would say little about a day.
    await closedLoop(leadwire, 8, WARM);
    await closedLoop(yardstick, 8, WARM);
    const wanted = process.argv[2] ?? '';
    for (const delayMs of PING_DELAYS.filter((ms) => pingName(ms).includes(wanted))) {
      await setDelays(
        buyers.url,
        BUYERS.map(() => delayMs),
      );
      await measurePings(delayMs, target(node.url, '/api/ping/cmp_bench', { 'x-api-key': key }, isBid), names);
    }
    for (const scenario of SCENARIOS.filter(({ name }) => name.includes(wanted))) {
      await setDelays(buyers.url, scenario.delays);
      // Known to the node long before the bare fan-out, which is asked first, is through.
      await store.apply(benchCampaign(buyers.url, scenario.health), { by: 'bench' });
      await compare(scenario, leadwire, yardstick, names);
    }
    const leads = createLeadModels(mongo);
    if (HUNG.includes(wanted)) {
      console.log(`\n## ${HUNG}`);
      const delays = BUYERS.map(() => 0);
      await setDelays(buyers.url, delays);
      await store.apply(benchCampaign(buyers.url), { by: 'bench' });
      await measureHung({ models: leads, buyers: buyers.url, leadwire, print });
    }
    await report(leads, stack.temporalAddress, database);
  } finally {
    await mongo.dropDatabase().catch(() => undefined);
    await mongo.close();
    for (const stop of stops.reverse()) await stop();
  }
}

let leads = 0;
function target(url: string, path: string, headers: Record<string, string>, ok = isSold): Target {
  return {
    url,
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: () => {
      const n = String(++leads).padStart(7, '0');
      const person = { first_name: 'Ada', last_name: 'Lovelace', email: `ada${n}@example.com`, phone: `212${n}` };
      return JSON.stringify({ zip: '10001', state: 'NY', age: 36, ...person, phone: `2125${n.slice(1)}` });
    },
    ok,
  };
}

const isSold: Target['ok'] = (status, body) => status === 200 && body['outcome'] === 'sold';
const isBid: Target['ok'] = (status, body) => status === 200 && body['outcome'] === 'bid';

/** What a ping alone takes beside its buyers: no post, and no lead. */
async function measurePings(delayMs: number, pings: Target, names: Map<number, string>): Promise<void> {
  console.log(`\n## ${pingName(delayMs)}`);
  await closedLoop(pings, 8, WARM / 2);
  await settle(pings, UNHURRIED);
  print('Leadwire, unloaded', figures(await closedLoop(pings, 1, UNLOADED), delayMs));
  const before = await cpuByProcess(names);
  print(`Leadwire, saturated by ${CLIENTS} clients`, figures(await closedLoop(pings, CLIENTS, SATURATED), delayMs));
  printCpu('ping', SATURATED, before, await cpuByProcess(names));
}

function pingName(delayMs: number): string {
  return `ping alone, 10 buyers at ${delayMs} ms`;
}

async function setDelays(buyers: string, delays: number[]): Promise<void> {
  for (const [index, delayMs] of delays.entries()) {
    const behaviour = { ping: { delayMs }, post: { delayMs: Math.min(delayMs, 50) } };
    await fetch(`${buyers}/control/buyers/${BUYERS[index]}`, { method: 'PUT', body: JSON.stringify(behaviour) });
  }
}

async function compare(
  scenario: Scenario,
  leadwire: Target,
  yardstick: Target,
  names: Map<number, string>,
): Promise<void> {
  console.log(`\n## ${scenario.name}`);
  const { buyersMs } = scenario;
  print('bare fan-out, unloaded', figures(await closedLoop(yardstick, 1, UNLOADED), buyersMs));
  await settle(leadwire, UNHURRIED);
  print('Leadwire, unloaded', figures(await closedLoop(leadwire, 1, UNLOADED), buyersMs));
  print('bare fan-out, saturated', figures(await closedLoop(yardstick, CLIENTS, SATURATED * 2), buyersMs));
  const before = await cpuByProcess(names);
  const saturated = figures(await closedLoop(leadwire, CLIENTS, SATURATED), buyersMs);
  const after = await cpuByProcess(names);
  print(`Leadwire, saturated by ${CLIENTS} clients`, saturated);
  printCpu('lead', SATURATED, before, after);
  const half = saturated.perSecond / 2;
  await settle(leadwire, half);
  print(
    `Leadwire, open loop at half of that (${half.toFixed(0)}/s)`,
    figures(await openLoop(leadwire, half, Math.round(half * HALF_SECONDS)), buyersMs),
  );
}

/** Lets what the load before left to be done be done: it is not part of what is measured next. */
async function settle(to: Target, perSecond: number): Promise<void> {
  await openLoop(to, perSecond, Math.round(perSecond * SETTLING_SECONDS));
}

function print(name: string, { leads: count, failed, perSecond, p50, p99 }: Figures): void {
  const rate = perSecond.toFixed(1).padStart(7);
  const times = `added p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  console.log(`  ${name.padEnd(48)} ${rate} leads/s  ${times}  (${count} leads, ${failed} failed)`);
}

/** Nothing is lost: every lead that was taken in is sold; and what a lead costs in Temporal. */
async function report(
  models: ReturnType<typeof createLeadModels>,
  temporalAddress: string,
  database: string,
): Promise<void> {
  const stored = await models.leads.countDocuments();
  const sold = await models.leads.countDocuments({ outcome: 'sold' });
  const inLedger = await models.ledger.countDocuments();
  console.log(
    `\n## All in all\n  ${stored} leads stored, ${sold} sold, ${inLedger} in the ledger, ${stored - sold} lost`,
  );
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  let [events, bytes, count] = [0, 0, 0];
  for await (const { historyLength, historySize } of client.workflow.list({
    query: `TaskQueue = '${database}'`,
    pageSize: 100,
  })) {
    events += historyLength;
    bytes += historySize ?? 0;
    if (++count === 100) break;
  }
  console.log(`  history of a lead: ${(events / count).toFixed(1)} events, ${(bytes / count).toFixed(0)} bytes`);
  await connection.close();
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
