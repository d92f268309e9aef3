import { createConfigurationModels } from '../config/models.ts';
import { createConfigurationStore } from '../config/store.ts';
import type { Stack } from '../dev/servers/stack.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels } from '../models/models.ts';
import { newTransactionId } from '../rules/transaction-id.ts';
import { benchCampaign } from './campaign.ts';
import { closedLoop, figures, openLoop, type Figures, type Target } from './load.ts';
import { startProgram } from './processes.ts';

const NETWORKS = '127.0.0.0/8';
const WARM = 3_000;
const UNLOADED = 400;
const CLIENTS = 40;
const SATURATED = 4_000;
const PER_SECOND = 100;
const SECONDS = 20;

/**
 * What an event takes until it is stored and answered: unloaded, with as many clients as a node bears, and at 100 events
 * a second whether or not earlier ones were answered. Each is of a visit of its own; the second kind updates it as well.
 */
export async function measureEvents(stack: Stack): Promise<void> {
  const database = `bench_events_${Date.now()}`;
  const mongo = await connectMongo({ uri: stack.mongoUri, database });
  const store = createConfigurationStore({ models: createConfigurationModels(mongo), allowNetworks: [NETWORKS] });
  const events = [{ id: 'quote_viewed' }, { id: 'sale_completed', conversion: true }];
  await store.apply({ ...benchCampaign('http://127.0.0.1:1'), events }, { by: 'bench' });
  const node = await startProgram('bench/node.ts', [], {
    MONGODB_URI: stack.mongoUri,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    LEADWIRE_DATABASE: database,
    LEADWIRE_TASK_QUEUE: database,
    LEADWIRE_PORT: '0',
    LEADWIRE_ALLOW_NETWORKS: NETWORKS,
    LEADWIRE_ADDRESS_RATE_PER_MINUTE: '1000000',
  });
  try {
    const count = WARM + 2 * (UNLOADED + SATURATED + PER_SECOND * SECONDS);
    const ids = await storeVisits(createLeadModels(mongo), count);
    await closedLoop(target(node.url, ids, { event_id: 'sale_completed', revenue: 5, sub1: 'warm' }), 8, WARM);
    for (const [name, event] of [
      ['event', { event_id: 'quote_viewed' }],
      ['conversion that updates its visit', { event_id: 'sale_completed', revenue: 5, sub1: 'a' }],
    ] as const) {
      console.log(`\n## ${name}`);
      const events = target(node.url, ids, event);
      print('unloaded', figures(await closedLoop(events, 1, UNLOADED), 0));
      print(`saturated by ${CLIENTS} clients`, figures(await closedLoop(events, CLIENTS, SATURATED), 0));
      print(`open loop at ${PER_SECOND}/s`, figures(await openLoop(events, PER_SECOND, PER_SECOND * SECONDS), 0));
    }
  } finally {
    await node.stop();
    await mongo.dropDatabase().catch(() => undefined);
    await mongo.close();
  }
}

async function storeVisits(models: ReturnType<typeof createLeadModels>, count: number): Promise<string[]> {
  const visit = { campaign: 'cmp_bench', seller: 'sel_bench', source: 'src_bench', mode: 'live', device: 'desktop' };
  const visits = Array.from({ length: count }, () => ({
    ...{ _id: newTransactionId(), at: new Date(), tracking: {} },
    ...visit,
  }));
  for (let begin = 0; begin < count; begin += 1000) {
    await models.clicks.collection.insertMany(visits.slice(begin, begin + 1000) as never[]);
  }
  return visits.map(({ _id }) => _id);
}

let next = 0;
function target(url: string, ids: readonly string[], event: Record<string, unknown>): Target {
  return {
    url,
    path: '/api/event/trigger',
    headers: { 'content-type': 'application/json' },
    body: () => JSON.stringify({ cid: 'cmp_bench', transaction_id: ids[next++], ...event }),
    ok: (status) => status === 200,
  };
}

function print(name: string, { leads: count, failed, perSecond, p50, p99 }: Figures): void {
  const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  console.log(
    `  ${name.padEnd(28)} ${perSecond.toFixed(1).padStart(7)} events/s  ${times}  (${count}, ${failed} failed)`,
  );
}
