import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { createApiKeys } from '../../config/api-keys.ts';
import { readEnvironment, type Environment } from '../../config/environment.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { createPostingLinks } from '../../config/posting-links.ts';
import { createSecretStore } from '../../config/secrets.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { startBuyers } from '../../dev/buyers/server.ts';
import { createLogger, type Logger } from '../../log/logger.ts';
import { connectMongo } from '../../models/connection.ts';
import { createLeadModels } from '../../models/models.ts';
import type { PostbackTime } from '../../rules/postback/time.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { startNode, type LeadwireNode } from '../../server/node.ts';
import { bundleWorkflows } from '../../server/temporal/worker.ts';
import type { Patience } from '../../server/listen.ts';
import { createConformance } from '../api/conformance.ts';
import { campaignFile, type CampaignOptions } from './campaign-file.ts';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export const quiet = createLogger(process.env['LEADWIRE_LOG_LEVEL'] ?? 'fatal', 'test');
export const bundle = bundleWorkflows(quiet);

export interface DeploymentOptions {
  settings?: NodeJS.ProcessEnv;
  /** Where the nodes log to. Default nowhere. */
  log?: Logger;
  /** The time that their postbacks go by. Default the machine's. */
  time?: PostbackTime;
}

/** A deployment of its own: database, task queue, buyers, and as many nodes as a test starts. */
export async function createDeployment(options: CampaignOptions & DeploymentOptions = {}) {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const mongodbUri = process.env['MONGODB_URI'] ?? '';
  const temporalAddress = process.env['TEMPORAL_ADDRESS'] ?? '';
  const variables = {
    MONGODB_URI: mongodbUri,
    TEMPORAL_ADDRESS: temporalAddress,
    LEADWIRE_DATABASE: name,
    LEADWIRE_TASK_QUEUE: name,
    LEADWIRE_PORT: '0',
    LEADWIRE_PUBLIC_URL: 'https://leads.example',
    LEADWIRE_ALLOW_NETWORKS: '127.0.0.0/8',
    LEADWIRE_SECRET_KEY: randomBytes(32).toString('base64'),
    LEADWIRE_SHUTDOWN_SECONDS: '5',
    ...options.settings,
  };
  const environment = readEnvironment(variables);
  const mongo = await connectMongo({ uri: mongodbUri, database: name });
  const temporalConnection = await Connection.connect({ address: temporalAddress });
  const buyers = await startBuyers({ port: 0 });
  const models = createLeadModels(mongo);
  const configurationModels = createConfigurationModels(mongo);
  // Collections are made before anything else uses them: the embedded server does not bear two makers at once.
  await Promise.all([...Object.values(models), ...Object.values(configurationModels)].map((model) => model.init()));
  const { allowNetworks, codeConnectors } = environment;
  const store = createConfigurationStore({ models: configurationModels, allowNetworks, codeConnectors });
  const keys = createApiKeys({ models: configurationModels, secretKey: environment.secretKey });
  const secrets = createSecretStore({ models: configurationModels, key: environment.secretKey });
  const apply = (file: ConfigurationFile) => store.apply(file, { by: 'test', force: true });
  await apply(campaignFile(buyers.url, options));
  const order = { kind: 'seller', seller: 'sel_one', source: 'src_one', mode: 'live', by: 'test' } as const;
  const live = (await keys.create(order)).key;
  const test = (await keys.create({ ...order, mode: 'test' })).key;
  const nodes: LeadwireNode[] = [];
  const conformance = createConformance();

  async function start(changes: Partial<Environment> = {}, patience?: Patience): Promise<LeadwireNode> {
    const full = { ...environment, mongodbUri, temporalAddress, ...changes };
    const node = await startNode({
      environment: { ...full, nodeId: `node-${randomUUID()}` },
      log: options.log ?? quiet,
      bundle: await bundle,
      watchAnswers: conformance.watch,
      patience,
      time: options.time,
    });
    let stopping: Promise<void> | undefined;
    // A test may stop a node itself.
    const own = { ...node, stop: () => (stopping ??= node.stop()) };
    nodes.push(own);
    return own;
  }

  return {
    name,
    variables,
    buyers,
    models,
    client: new Client({ connection: temporalConnection }),
    store,
    apply,
    secrets,
    links: createPostingLinks({ models: configurationModels }),
    /** `order` is what the live key was made by. */
    keys: { live, test, api: keys, order },
    start,
    /** Posts a lead to the first node. */
    post: (lead: Record<string, unknown>, headers: Record<string, string> = {}, cid = 'cmp_test') =>
      send(`${nodes[0]?.url}/api/lead/${cid}`, lead, { 'x-api-key': live, ...headers }),
    postForm: (lead: Record<string, string>) =>
      read(
        fetch(`${nodes[0]?.url}/api/lead/cmp_test`, {
          method: 'POST',
          headers: { 'x-api-key': live },
          body: new URLSearchParams(lead),
        }),
      ),
    get: (path: string, headers: Record<string, string> = {}) =>
      read(fetch(`${nodes[0]?.url}${path}`, { headers: { 'x-api-key': live, ...headers } })),
    async stop(): Promise<void> {
      await Promise.all(nodes.map((node) => node.stop()));
      await buyers.stop();
      await mongo.dropDatabase();
      await mongo.close();
      await temporalConnection.close();
      // Whatever a test was about: each answer it got has to be in the OpenAPI document.
      assert.deepEqual(conformance.contradictions(), []);
    },
  };
}
export type Deployment = Awaited<ReturnType<typeof createDeployment>>;

export async function send(url: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return read(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text }));
}

async function read(answering: Promise<Response>): Promise<Answer> {
  const answer = await answering;
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

/** Polls until the condition holds; fails with what it last saw. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, timeoutMs = 20_000): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > giveUpAt) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let leads = 0;
/** A valid lead; every one has another phone and e-mail address. */
export function aLead(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const n = String(++leads).padStart(4, '0');
  return {
    zip: '10001',
    state: 'NY',
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: `ada${n}-${randomBytes(3).toString('hex')}@example.com`,
    phone: `212-55${String(5 + Math.floor(leads / 10_000))}-${n}`,
    ...changes,
  };
}
