import Koa, { type Middleware } from 'koa';
import { Pool } from 'undici';
import { createApiKeys } from '../config/api-keys.ts';
import { compileConfiguration } from '../config/compile.ts';
import { createConfigurationModels } from '../config/models.ts';
import { createConfigurationRuntime } from '../config/runtime.ts';
import { createConfigurationStore } from '../config/store.ts';
import type { Stack } from '../dev/servers/stack.ts';
import { createLogger } from '../log/logger.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels } from '../models/models.ts';
import { clientAddress } from '../server/access/client-address.ts';
import { mount } from '../server/api/mount.ts';
import { operation } from '../server/api/operation.ts';
import { destinationOf, readSubmission } from '../server/ingress/submission.ts';
import { createLimits } from '../server/limits/limits.ts';
import { createSharedLimit } from '../server/limits/shared-limit.ts';
import { closeServer, listen, urlOf } from '../server/listen.ts';
import { createTurns } from '../server/middleware/turns.ts';
import { createSpareTime } from '../server/spare-time.ts';
import { createMetrics } from '../server/metrics.ts';
import { answerErrors } from '../server/middleware/errors.ts';
import { requireForm } from '../server/middleware/request-form.ts';
import { createRequestLog } from '../server/request-log/request-log.ts';
import { benchCampaign } from './campaign.ts';

const WARM = 6_000;
const REQUESTS = 4_000;
const ROUNDS = 5;
const CLIENTS = 8;
const NETWORK = '127.0.0.0/8';

/**
 * What passing a lead on costs this process before anything is done about it: authentication, rate limit, body, form and
 * validation as operations pass them, beside a bare Koa route that reads the same JSON; and the request log on top. The
 * client runs in the same process and costs the same in each, so the differences are what counts.
 */
export async function measureRequests(stack: Stack): Promise<void> {
  const mongo = await connectMongo({ uri: stack.mongoUri, database: `bench_request_${Date.now()}` });
  const [models, configurationModels] = [createLeadModels(mongo), createConfigurationModels(mongo)];
  const store = createConfigurationStore({ models: configurationModels, allowNetworks: [NETWORK] });
  await store.apply(benchCampaign('http://127.0.0.1:1'), { by: 'bench' });
  const config = createConfigurationRuntime({ store, compile: compileConfiguration });
  await config.start();
  const keys = createApiKeys({ models: configurationModels });
  const order = { kind: 'seller', seller: 'sel_bench', source: 'src_bench', mode: 'live', by: 'bench' } as const;
  const { key } = await keys.create(order);
  const [metrics, log] = [createMetrics(), createLogger('error', 'bench')];
  const limits = createLimits({
    shared: createSharedLimit({ windows: models.rateWindows, log }),
    config,
    defaults: { perSecond: 100_000, perMinute: 1_000_000 },
    addressPerMinute: 1_000_000,
    refusedPerMinute: 1_000_000,
    addressOf: clientAddress,
    metrics,
  });
  const capacity = { maxInFlight: 1_000, draining: false, inFlight: 0 };
  const turns = createTurns(createSpareTime(() => capacity.inFlight === 0));
  const checked = operation(
    {
      id: 'postLead',
      method: 'post',
      path: '/api/lead/{cid}',
      tag: 'Leads',
      summary: 'Checks a lead and forgets it',
      access: ['seller'],
      sheds: true,
      body: { schema: {} },
      answers: {},
      errors: [],
    },
    async ({ params, body, key: holder }) => {
      const { campaign } = destinationOf(config.current(), String(params['cid']), holder, body['pid']);
      const { fields } = readSubmission(campaign, body, 'post');
      return { status: 200, body: { status: 200, fields: Object.keys(fields).length } };
    },
  );
  const requestLog = createRequestLog({
    records: models.requestLog,
    config,
    keepDays: 1,
    addressOf: clientAddress,
    metrics,
    log,
  });
  const passages = () => [
    answerErrors(log),
    requireForm(),
    mount([checked], { keys, config, limits, capacity, turns, metrics }).routes() as Middleware,
  ];
  const routes: [string, Middleware[]][] = [
    ['bare Koa route', [bare]],
    ['key, limit and validation', passages()],
    ['the same and the request log', [requestLog.passage, ...passages()]],
  ];
  const servers = await Promise.all(
    routes.map(async ([name, middleware]) => {
      const app = new Koa();
      for (const one of middleware) app.use(one);
      const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
      return { name, server, url: urlOf(server, '127.0.0.1'), times: [] as number[] };
    }),
  );
  requestLog.run();
  for (const { url } of servers) await cpuOf(url, key, WARM);
  // In turns, so that what else happens on the machine happens to all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { url, times } of servers) times.push((await cpuOf(url, key, REQUESTS)) / REQUESTS);
  }
  console.log(`\n## CPU of a request, client included (median of ${ROUNDS} times ${REQUESTS} requests)`);
  const base = median(servers[0]?.times ?? []);
  for (const { name, times } of servers) {
    const ms = median(times);
    console.log(`  ${name.padEnd(30)} ${ms.toFixed(3)} ms   ${(ms - base).toFixed(3)} ms more than the bare route`);
  }
  for (const { server } of servers) await closeServer(server, () => 0, 0);
  await requestLog.stop();
  await config.stop();
  await mongo.dropDatabase();
  await mongo.close();
}

const bare: Middleware = async (context) => {
  let text = '';
  for await (const chunk of context.req) text += String(chunk);
  const lead = JSON.parse(text) as Record<string, unknown>;
  context.body = { status: 200, fields: Object.keys(lead).length };
};

/** CPU milliseconds this process spent on so many requests. */
async function cpuOf(url: string, key: string, requests: number): Promise<number> {
  const pool = new Pool(url, { connections: CLIENTS });
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  const before = process.cpuUsage();
  let left = requests;
  const client = async () => {
    while (left-- > 0) {
      const n = String(left).padStart(4, '0');
      const person = { first_name: 'Ada', last_name: 'Lovelace', email: `ada${n}@example.com`, phone: `212555${n}` };
      const body = JSON.stringify({ zip: '10001', state: 'NY', age: 36, ...person });
      const answer = await pool.request({ method: 'POST', path: '/api/lead/cmp_bench', headers, body });
      const { fields } = (await answer.body.json()) as { fields?: number };
      if (answer.statusCode !== 200 || fields !== 7) throw new Error(`answered ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const { user, system } = process.cpuUsage(before);
  await pool.close();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
