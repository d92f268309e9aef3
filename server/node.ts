import type { Context } from 'koa';
import type { Connection } from 'mongoose';
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/deps.ts';
import { beginPing } from '../activities/answer-ping.ts';
import { createBuyerHistory } from '../activities/buyer-history.ts';
import { createCapCounters } from '../activities/cap-counters.ts';
import { createEarlyPings, createEarlySales } from '../activities/early-sales.ts';
import { createFigures } from '../activities/figures.ts';
import { createHealth } from '../activities/health.ts';
import { createLeadRecords } from '../activities/lead-records.ts';
import { createLists } from '../activities/lists.ts';
import { createOAuthTokens } from '../activities/oauth-tokens.ts';
import { createPerformance } from '../activities/performance.ts';
import { createPortalDesk } from '../activities/portal.ts';
import { beginSale } from '../activities/sell.ts';
import { createGates } from '../rules/postback/gate.ts';
import { MACHINE_TIME, type PostbackTime } from '../rules/postback/time.ts';
import { createApiKeys } from '../config/api-keys.ts';
import { compileConfiguration } from '../config/compile.ts';
import { pepperOf, type Environment } from '../config/environment.ts';
import { createConnectorCode } from '../config/connectors/code.ts';
import { createConfigurationModels, ensureConfigurationIndexes } from '../config/models.ts';
import { createPostingLinks } from '../config/posting-links.ts';
import { createConfigurationRuntime } from '../config/runtime.ts';
import { createSecretStore } from '../config/secrets.ts';
import { createConfigurationStore } from '../config/store.ts';
import { createZipCodes } from '../config/zip-codes.ts';
import { withMail } from '../http/mail-address.ts';
import { createMailer } from '../http/mail.ts';
import { createOutbound } from '../http/outbound.ts';
import { withPortal } from '../http/portal-address.ts';
import { withSftp } from '../http/sftp.ts';
import type { Logger } from '../log/logger.ts';
import { connectMongo } from '../models/connection.ts';
import { createClocks } from '../rules/logic.ts';
import { createLeadModels, ensureLeadIndexes } from '../models/models.ts';
import { createCodeThreads } from '../sdk/code/threads.ts';
import { clientAddress } from './access/client-address.ts';
import { createAlertSchedule } from './alerts/schedule.ts';
import { createApp } from './app.ts';
import { createConnectorDirectory } from './connectors/directory.ts';
import { createBulkRun } from './events/bulk-run.ts';
import { triggerEvent } from './events/trigger.ts';
import { createLimits } from './limits/limits.ts';
import { createSharedLimit } from './limits/shared-limit.ts';
import { closeServer, listen, urlOf, type Patience } from './listen.ts';
import type { Capacity } from './middleware/load.ts';
import { createTurns } from './middleware/turns.ts';
import { createListingSweep } from './listings/sweep.ts';
import { createLedgerCheck } from './statements/check-run.ts';
import { createMetrics } from './metrics.ts';
import { codeNews, createObserver, healthNews } from './observer.ts';
import { createOutbox } from './outbox.ts';
import { createOutcomeBoard } from './outcome-board.ts';
import { createRequestLog } from './request-log/request-log.ts';
import { createSpareTime } from './spare-time.ts';
import { createSweeper } from './sweeper.ts';
import { connectTemporal } from './temporal/connect.ts';
import { createStarter } from './temporal/starter.ts';
import { bundleWorkflows, createWorker } from './temporal/worker.ts';
import { buildBrowserScripts } from './tracking/scripts.ts';
import { createClickSweep } from './tracking/sweep.ts';

/** How far apart the clocks of two nodes may be. */
const CLOCK_SKEW_MS = 1_000;

export interface NodeOptions {
  environment: Environment & { mongodbUri: string; temporalAddress: string };
  log: Logger;
  /** Made once per process and shared by the nodes in it. Default: made here. */
  bundle?: WorkflowBundleOption;
  /** Gets the MongoDB connection before anything else does; fault tests watch its commands. */
  watchMongo?: (connection: Connection) => void;
  /** Sees every answer of the API as it goes out; tests compare them with the OpenAPI document. */
  watchAnswers?: (context: Context) => void;
  /** How long slow senders are waited for. */
  patience?: Patience;
  /** The time that postbacks go by; tests move it over months. */
  time?: PostbackTime;
}

export interface LeadwireNode {
  url: string;
  /** Stops taking leads, finishes those in progress, then closes everything. */
  stop(): Promise<void>;
}

/** An all-in-one node: the API and the worker that runs its leads, over one connection to each server. */
export async function startNode(options: NodeOptions): Promise<LeadwireNode> {
  const { environment, log, bundle, watchMongo, watchAnswers, patience, time = MACHINE_TIME } = options;
  const {
    nodeId,
    taskQueue,
    temporalNamespace: namespace,
    maxInFlight,
    shutdownSeconds,
    trustedProxies,
    reportRows,
  } = environment;
  const [mongo, temporal, workflowBundle, scripts] = await Promise.all([
    connectMongo({ uri: environment.mongodbUri, database: environment.database, monitorCommands: Boolean(watchMongo) }),
    connectTemporal(environment.temporalAddress, namespace),
    bundle ?? bundleWorkflows(log),
    buildBrowserScripts(),
  ]);
  watchMongo?.(mongo);
  const models = createLeadModels(mongo);
  const configurationModels = createConfigurationModels(mongo);
  await Promise.all([ensureLeadIndexes(models), ensureConfigurationIndexes(configurationModels)]);

  const metrics = createMetrics();
  const board = createOutcomeBoard();
  const records = createLeadRecords(models);
  const mailer = createMailer({ smtpUrl: environment.smtpUrl, from: environment.mailFrom });
  const { allowNetworks } = environment;
  const web = createOutbound({ allowNetworks });
  const outbound = withPortal(withSftp(withMail(web, mailer), { allowNetworks }), createPortalDesk(models));
  const keys = createApiKeys({ models: configurationModels, secretKey: environment.secretKey });
  const codeThreads = createCodeThreads({
    deadlineMs: environment.codeDeadlineMs,
    memoryMb: environment.codeMemoryMb,
    onEvent: codeNews(metrics, log),
  });
  // A lead that cannot wait for it fails no worse than any other call.
  if (environment.codeConnectors.length > 0) void codeThreads.prepare().catch(() => undefined);
  const code = createConnectorCode({
    threads: codeThreads,
    allowed: environment.codeConnectors,
    models: configurationModels,
  });
  const config = createConfigurationRuntime({
    store: createConfigurationStore({ models: configurationModels }),
    compile: (file, revision) => compileConfiguration(file, revision, { code }),
    onFault: () => log.warn({ code: 'configuration_unread' }, 'going on with the version at hand'),
  });
  await config.start();
  const capacity: Capacity = { maxInFlight, draining: false, inFlight: 0 };
  const spareTime = createSpareTime(() => capacity.inFlight === 0);
  const outbox = createOutbox({
    models,
    starter: createStarter(temporal.client, taskQueue),
    config,
    spareTime,
    metrics,
    log,
  });
  const alertSchedule = createAlertSchedule({
    client: temporal.client,
    taskQueue,
    config,
    everySeconds: environment.alertSeconds,
    log,
  });
  const clickSweep = createClickSweep({ models, keepDays: environment.clickDays, log });
  const listingSweep = createListingSweep({ models, keepDays: environment.clickDays, log });
  const ledgerCheck = createLedgerCheck({ models, config, log });
  const sweeper = createSweeper({ models, log, clockSkewMs: CLOCK_SKEW_MS });
  const figures = createFigures({
    figures: models.figures,
    onFault: () => log.warn({ code: 'figures_unread' }, 'recent figures could not be written or read'),
  });
  const performance = createPerformance({
    hours: models.integrationHours,
    onFault: () => log.warn({ code: 'performance_unwritten' }, 'how requests went could not be written'),
  });
  const health = createHealth({
    health: models.health,
    counts: models.healthCounts,
    config,
    ...healthNews(metrics, log),
  });
  const pepper = pepperOf(environment);
  const sharedLimit = createSharedLimit({ windows: models.rateWindows, log });
  const activityDeps: ActivityDeps = {
    models,
    records,
    counters: createCapCounters(models.caps),
    buyerHistory: createBuyerHistory(models.buyerClaims, pepper),
    pingRates: sharedLimit,
    lists: createLists(models),
    places: createZipCodes(),
    clocks: createClocks(),
    figures,
    performance,
    health,
    earlySales: createEarlySales(),
    earlyPings: createEarlyPings(),
    config,
    secrets: createSecretStore({ models: configurationModels, key: environment.secretKey }),
    outbound,
    mailer,
    oauth: createOAuthTokens({
      tokens: models.oauthTokens,
      outbound,
      key: environment.secretKey,
      clockSkewMs: CLOCK_SKEW_MS,
    }),
    gates: createGates(),
    time,
    observer: createObserver(metrics, board, log),
    kick: (rows) => outbox.kick(rows),
    publicUrl: environment.publicUrl,
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

  const turns = createTurns(spareTime);
  const inItsTurn = (): ActivityDeps => ({ ...activityDeps, outbound: turns.makingRoom(outbound) });
  const ingress = {
    models,
    records,
    config,
    board,
    outbox,
    beginSale: (lead: string) => beginSale(inItsTurn(), lead),
    beginPing: (transactionId: string) => beginPing(inItsTurn(), transactionId),
    metrics,
    log,
    publicUrl: environment.publicUrl,
    clockSkewMs: CLOCK_SKEW_MS,
    pepper,
  };
  const bulkRun = createBulkRun({ models, trigger: (request) => triggerEvent(ingress, request), log });
  const limits = createLimits({
    shared: sharedLimit,
    config,
    defaults: { perSecond: environment.ratePerSecond, perMinute: environment.ratePerMinute },
    addressPerMinute: environment.addressRatePerMinute,
    refusedPerMinute: environment.refusedRatePerMinute,
    addressOf: clientAddress,
    metrics,
  });
  const requestLog = createRequestLog({
    records: models.requestLog,
    config,
    keepDays: environment.requestLogDays,
    addressOf: clientAddress,
    metrics,
    log,
  });
  const isReady = async () => worker.getState() === 'RUNNING' && (await answers(mongo));
  const instructions = {
    links: createPostingLinks({ models: configurationModels }),
    rateDefaults: { perSecond: environment.ratePerSecond, perMinute: environment.ratePerMinute },
  };
  const app = createApp({
    ingress,
    keys,
    audit: configurationModels.audit,
    scripts,
    connectors: createConnectorDirectory({ models: configurationModels }),
    postbacks: { ...activityDeps, log },
    listings: activityDeps,
    filters: activityDeps,
    integrations: { ...activityDeps, audit: configurationModels.audit },
    instructions,
    limits,
    requestLog,
    capacity,
    turns,
    trustedProxies,
    reportRows,
    isReady,
    watchAnswers,
  });
  const server = await listen(app.callback(), { ...environment, ...patience });
  outbox.run();
  sweeper.run();
  clickSweep.run();
  listingSweep.run();
  figures.run();
  performance.run();
  health.run();
  requestLog.run();
  bulkRun.run();
  alertSchedule.run();
  ledgerCheck.run();

  return {
    url: urlOf(server, environment.host),
    async stop() {
      const deadline = Date.now() + environment.shutdownSeconds * 1000;
      capacity.draining = true;
      sweeper.stop();
      ledgerCheck.stop();
      clickSweep.stop();
      listingSweep.stop();
      const bulkStopped = bulkRun.stop();
      await closeServer(server, () => capacity.inFlight, deadline);
      await bulkStopped;
      await outbox.drain(deadline);
      await stopWorker(worker, working);
      await outbox.stop();
      await figures.stop();
      await performance.stop();
      await health.stop();
      await requestLog.stop();
      await config.stop();
      await alertSchedule.stop();
      await codeThreads.close();
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

async function stopWorker(worker: Worker, working: Promise<void>): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await working.catch(() => undefined);
}
