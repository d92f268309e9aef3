import { randomUUID } from 'node:crypto';
import { createFigures } from '../../activities/figures.ts';
import { createHealth } from '../../activities/health.ts';
import { createPerformance } from '../../activities/performance.ts';
import { createClocks } from '../../rules/logic.ts';
import { createLists } from '../../activities/lists.ts';
import { createOAuthTokens } from '../../activities/oauth-tokens.ts';
import { createZipCodes } from '../../config/zip-codes.ts';
import { createBuyerHistory } from '../../activities/buyer-history.ts';
import { createCapCounters } from '../../activities/cap-counters.ts';
import { createGates } from '../../rules/postback/gate.ts';
import { MACHINE_TIME } from '../../rules/postback/time.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createEarlyPings, createEarlySales } from '../../activities/early-sales.ts';
import { playRound } from '../../activities/delivery/round.ts';
import { campaignOf, integrationOf, type DeliverySubject } from '../../activities/delivery/subject.ts';
import { createLeadRecords, type LeadFacts } from '../../activities/lead-records.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { createConfigurationRuntime } from '../../config/runtime.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { createMailer } from '../../http/mail.ts';
import { createOutbound } from '../../http/outbound.ts';
import type { StandingBid } from '../../models/auction.ts';
import { connectMongo } from '../../models/connection.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { createLeadModels, ensureLeadIndexes } from '../../models/models.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { startLossyProxy } from '../faults/lossy-proxy.ts';
import type { Deployment } from '../leads/deployment.ts';

/** One caller of the delivery protocol, as a node's worker would be, but driven step by step. */
export async function createCaller(deployment: Deployment, mongodbUri = process.env['MONGODB_URI'] ?? '') {
  const mongo = await connectMongo({ uri: mongodbUri, database: deployment.name });
  const models = createLeadModels(mongo);
  await ensureLeadIndexes(models);
  const config = createConfigurationRuntime({
    store: createConfigurationStore({ models: createConfigurationModels(mongo) }),
    compile: compileConfiguration,
  });
  await config.start();
  const outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'] });
  const deps: ActivityDeps = {
    models,
    records: createLeadRecords(models),
    counters: createCapCounters(models.caps, 1),
    buyerHistory: createBuyerHistory(models.buyerClaims, deployment.name),
    // Every node of a test asks as often as it likes, unless a test is about that.
    pingRates: { take: () => Promise.resolve({ admitted: true }) },
    lists: createLists(models),
    places: createZipCodes(),
    clocks: createClocks(),
    figures: createFigures({ figures: models.figures }),
    performance: createPerformance({ hours: models.integrationHours }),
    health: createHealth({ health: models.health, counts: models.healthCounts, config }),
    earlySales: createEarlySales(),
    earlyPings: createEarlyPings(),
    config,
    secrets: deployment.secrets,
    outbound,
    mailer: createMailer({ smtpUrl: undefined, from: 'leadwire@localhost' }),
    oauth: createOAuthTokens({ tokens: models.oauthTokens, outbound, key: undefined, clockSkewMs: 0 }),
    gates: createGates(),
    time: MACHINE_TIME,
    observer: {
      concluded() {},
      pinged() {},
      posted() {},
      conflict() {},
      overdue() {},
      postback() {},
      followUp() {},
      endpointDisabled() {},
    },
    // Nothing starts by itself: what matters is what is written.
    kick: () => undefined,
    publicUrl: 'https://leads.example',
    nodeId: `caller-${randomUUID()}`,
    clockSkewMs: 0,
  };

  async function subject(lead: LeadFacts): Promise<Omit<DeliverySubject, 'integration'>> {
    return { lead, campaign: await campaignOf(deps, lead), captured: {} };
  }

  return {
    deps,
    models,
    subject,
    async subjectAt(lead: LeadFacts, integration: string): Promise<DeliverySubject> {
      const found = await subject(lead);
      return { ...found, integration: integrationOf(found.campaign, integration) };
    },
    async play(lead: LeadFacts, round: number, bid: StandingBid): Promise<DeliveryRecord> {
      return playRound(deps, await subject(lead), round, { _id: `${lead._id}:1`, revision: lead.revision }, bid);
    },
    async stop(): Promise<void> {
      await config.stop();
      await outbound.close();
      await mongo.close();
    },
  };
}
export type Caller = Awaited<ReturnType<typeof createCaller>>;

/** A caller whose messages to MongoDB can be held: it is then where a frozen node would be. */
export async function createFreezableCaller(deployment: Deployment) {
  const uri = new URL(process.env['MONGODB_URI'] ?? '');
  const proxy = await startLossyProxy({ host: uri.hostname, port: Number(uri.port) });
  uri.port = String(proxy.port);
  const caller = await createCaller(deployment, uri.href);
  return {
    ...caller,
    proxy,
    async stop(): Promise<void> {
      await caller.stop();
      await proxy.stop();
    },
  };
}
export type FreezableCaller = Awaited<ReturnType<typeof createFreezableCaller>>;

/** A lead as the ingress stores it. */
export async function storeLead(caller: Caller, changes: Partial<LeadRecord> = {}): Promise<LeadRecord> {
  const lead: LeadRecord = {
    _id: newTransactionId(),
    campaign: 'cmp_test',
    seller: 'sel_one',
    source: 'src_one',
    mode: 'live',
    revision: caller.deps.config.current().revision,
    fields: { zip: '10001', first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com', phone: '+12125550100' },
    tracking: {},
    receivedAt: new Date(),
    sellBy: new Date(Date.now() + 60_000),
    state: 'received',
    turn: 0,
    sales: [],
    ...changes,
  };
  await caller.models.leads.collection.insertOne({ ...lead } as never);
  return lead;
}

/** A bid of the integration `int_<name>`; price in micro-dollars. */
export function bidOf(name: string, price = 9_000_000): StandingBid {
  const expiresAt = Number.MAX_SAFE_INTEGER;
  return { integration: `int_${name}`, buyer: `buy_${name}`, price, expiresAt, private: {} };
}

/** A delivery record as the protocol writes it. */
export async function storeDelivery(
  caller: Caller,
  lead: LeadRecord,
  name: string,
  changes: Partial<DeliveryRecord>,
): Promise<DeliveryRecord> {
  const { _id, campaign, source, seller, mode } = lead;
  const round = changes.round ?? 1;
  const now = new Date();
  const record: DeliveryRecord = {
    _id: `${_id}:${round}`,
    lead: _id,
    round,
    ...{ campaign, source, seller, mode },
    integration: `int_${name}`,
    buyer: `buy_${name}`,
    auction: `${_id}:1`,
    revision: lead.revision,
    bid: bidOf(name),
    token: randomUUID(),
    state: 'unknown',
    owner: 'another/call',
    attempt: 1,
    sendBy: now,
    deadline: now,
    places: [],
    exchanges: [],
    conflicts: [],
    createdAt: now,
    changedAt: now,
    ...changes,
  };
  await caller.models.deliveries.collection.insertOne({ ...record } as never);
  return record;
}
