import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection } from 'mongoose';
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/deps.ts';
import { createCapCounters } from '../activities/cap-counters.ts';
import { createEarlySales } from '../activities/early-sales.ts';
import { createLeadRecords } from '../activities/lead-records.ts';
import { beginSale } from '../activities/sell.ts';
import { createApiKeys } from '../config/api-keys.ts';
import { compileConfiguration } from '../config/compile.ts';
import type { Environment } from '../config/environment.ts';
import { createConfigurationModels, ensureConfigurationIndexes } from '../config/models.ts';
import { createConfigurationRuntime } from '../config/runtime.ts';
import { createSecretStore } from '../config/secrets.ts';
import { createConfigurationStore } from '../config/store.ts';
import { createOutbound } from '../http/outbound.ts';
import type { Logger } from '../log/logger.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels, ensureLeadIndexes } from '../models/models.ts';
import { createApp } from './app.ts';
import type { Capacity } from './middleware/load.ts';
import { createMetrics } from './metrics.ts';
import { createObserver } from './observer.ts';
import { createOutbox } from './outbox.ts';
import { createOutcomeBoard } from './outcome-board.ts';
import { createSweeper } from './sweeper.ts';
import { connectTemporal } from './temporal/connect.ts';
import { createStarter } from './temporal/starter.ts';
import { bundleWorkflows, createWorker } from './temporal/worker.ts';

/** How far apart the clocks of two nodes may be. */
const CLOCK_SKEW_MS = 1_000;

export interface NodeOptions {
  environment: Environment & { mongodbUri: string; temporalAddress: string };
  log: Logger;
  /** Made once per process and shared by the nodes in it. Default: made here. */
  bundle?: WorkflowBundleOption;
  /** Gets the MongoDB connection before anything else does; fault tests watch its commands. */
  watchMongo?: (connection: Connection) => void;
}

export interface LeadwireNode {
  url: string;
  /** Stops taking leads, finishes those in progress, then closes everything. */
  stop(): Promise<void>;
}

/** An all-in-one node: the API and the worker that runs its leads, over one connection to each server. */
export async function startNode({ environment, log, bundle, watchMongo }: NodeOptions): Promise<LeadwireNode> {
  const { nodeId, taskQueue, temporalNamespace: namespace, maxInFlight, shutdownSeconds } = environment;
  const [mongo, temporal, workflowBundle] = await Promise.all([
    connectMongo({ uri: environment.mongodbUri, database: environment.database, monitorCommands: Boolean(watchMongo) }),
    connectTemporal(environment.temporalAddress, namespace),
    bundle ?? bundleWorkflows(log),
  ]);
  watchMongo?.(mongo);
  const models = createLeadModels(mongo);
  const configurationModels = createConfigurationModels(mongo);
  await Promise.all([ensureLeadIndexes(models), ensureConfigurationIndexes(configurationModels)]);

  const metrics = createMetrics();
  const board = createOutcomeBoard();
  const records = createLeadRecords(models);
  const outbound = createOutbound({ allowNetworks: environment.allowNetworks });
  const keys = createApiKeys({ models: configurationModels });
  const config = createConfigurationRuntime({
    store: createConfigurationStore({ models: configurationModels }),
    compile: compileConfiguration,
    onFault: () => log.warn({ code: 'configuration_unread' }, 'going on with the version at hand'),
  });
  await config.start();
  const outbox = createOutbox({ models, starter: createStarter(temporal.client, taskQueue), metrics, log });
  const sweeper = createSweeper({ models, log, clockSkewMs: CLOCK_SKEW_MS });
  const capacity: Capacity = { maxInFlight, draining: false, inFlight: 0 };
  const activityDeps: ActivityDeps = {
    models,
    records,
    counters: createCapCounters(models.caps),
    earlySales: createEarlySales(),
    config,
    secrets: createSecretStore({ models: configurationModels, key: environment.secretKey }),
    outbound,
    observer: createObserver(metrics, board, log),
    kick: (rows) => outbox.kick(rows),
    nodeId,
    clockSkewMs: CLOCK_SKEW_MS,
  };
  const worker = await createWorker(
    {
      connection: temporal.connection,
      namespace,
      taskQueue,
      nodeId,
      maxInFlight,
      shutdownSeconds,
      bundle: workflowBundle,
      log,
    },
    activityDeps,
  );
  const working = worker.run();
  working.catch((error: Error) => log.fatal({ code: 'worker_failed', fault: error.name }, 'the worker ended'));

  const pepper = environment.secretKey?.toString('base64') ?? environment.database;
  const ingress = {
    models,
    records,
    config,
    board,
    outbox,
    beginSale: (lead: string) => beginSale(activityDeps, lead),
    metrics,
    log,
    publicUrl: environment.publicUrl,
    clockSkewMs: CLOCK_SKEW_MS,
    pepper,
  };
  const isReady = async () => worker.getState() === 'RUNNING' && (await answers(mongo));
  const server = await listen(createApp({ ingress, keys, capacity, isReady }).callback(), environment);
  outbox.run();
  sweeper.run();

  return {
    url: urlOf(server, environment.host),
    async stop() {
      capacity.draining = true;
      sweeper.stop();
      await closeServer(server, capacity, environment.shutdownSeconds * 1000);
      await stopWorker(worker, working);
      await outbox.stop();
      await config.stop();
      await outbound.close();
      await temporal.connection.close();
      await mongo.close();
    },
  };
}

async function answers(mongo: Awaited<ReturnType<typeof connectMongo>>): Promise<boolean> {
  try {
    await mongo.db?.command({ ping: 1 });
    return true;
  } catch {
    return false;
  }
}

function listen(handler: Parameters<typeof createServer>[1], { host, port }: Environment): Promise<Server> {
  // Bounds on slow senders: headers within 10 s, the whole request within 20 s.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 2_000 },
    handler,
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** No new connections; leads in flight are answered, up to a limit. */
async function closeServer(server: Server, capacity: Capacity, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const giveUpAt = Date.now() + patienceMs;
  while (capacity.inFlight > 0 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 50));
  server.closeAllConnections();
  await closed;
}

async function stopWorker(worker: Worker, working: Promise<void>): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await working.catch(() => undefined);
}
