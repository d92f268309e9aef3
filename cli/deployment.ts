import { userInfo } from 'node:os';
import type { Connection } from 'mongoose';
import { createApiKeys, type ApiKeys } from '../config/api-keys.ts';
import { developmentSecretKey, embeddedMongoUri, readEmbedded } from '../config/embedded.ts';
import { pepperOf, readEnvironment, type Environment } from '../config/environment.ts';
import type { Connector } from '../schema/connector.ts';
import { createInstalledConnectors, type InstalledConnectors } from '../config/connectors/installed.ts';
import { createConfigurationModels, ensureConfigurationIndexes, type ConfigurationModels } from '../config/models.ts';
import { createPostingLinks, type PostingLinks } from '../config/posting-links.ts';
import { createSecretStore, type SecretStore } from '../config/secrets.ts';
import { createConfigurationStore, type ConfigurationStore } from '../config/store.ts';
import { connectMongo } from '../models/connection.ts';
import { createLeadModels, ensureLeadIndexes, type LeadModels } from '../models/models.ts';
import { CommandFailure, type Terminal } from './terminal.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** A deployment's database and what the commands do with it. */
export interface Deployment {
  connection: Connection;
  store: ConfigurationStore;
  secrets: SecretStore;
  apiKeys: ApiKeys;
  /** What is installed; refresh it before it is asked. */
  connectors: InstalledConnectors;
  /** The same store, which finds these connectors too: by `<name>@<version>`. */
  storeWith(connectors: Readonly<Record<string, Connector>>): ConfigurationStore;
  /** The collections of what people configure. */
  models: ConfigurationModels;
  links: PostingLinks;
  audit: ConfigurationModels['audit'];
  /** The records of leads. */
  leads: LeadModels;
  /** Keys the hashes by which duplicates are found. */
  pepper: string;
  /** Who is at the keyboard, for the audit log. */
  author: string;
  /** Private networks that may be called, the key that secrets are kept under, where mail goes, where buyers reach it. */
  environment: Pick<Environment, 'allowNetworks' | 'secretKey' | 'smtpUrl' | 'mailFrom' | 'publicUrl'>;
  ensureIndexes(): Promise<void>;
}

/** Runs `work` against the deployment that the environment names, and disconnects. */
export async function withDeployment<Result>(
  terminal: Terminal,
  work: (deployment: Deployment) => Promise<Result>,
): Promise<Result> {
  const environment = await readTarget(terminal.variables);
  const connection = await connect(environment);
  try {
    return await work(createDeployment(connection, environment));
  } finally {
    await connection.close();
  }
}

/** The environment; without `MONGODB_URI` it is that of the deployment which `npm start` runs. */
async function readTarget(variables: NodeJS.ProcessEnv): Promise<Environment & { uri: string }> {
  const environment = readEnvironment(variables);
  if (environment.mongodbUri) return { ...environment, uri: environment.mongodbUri };
  const embedded = readEmbedded(variables);
  const secretKey = environment.secretKey ?? (await developmentSecretKey(embedded));
  return { ...environment, secretKey, uri: embeddedMongoUri(embedded) };
}

/** Private networks integrations may call. `npm start` serves its simulated buyers on loopback. */
export function allowedNetworks(environment: Environment): readonly string[] {
  return environment.mongodbUri ? environment.allowNetworks : [...environment.allowNetworks, ...LOOPBACK];
}

function createDeployment(connection: Connection, environment: Environment): Deployment {
  const models = createConfigurationModels(connection);
  const leads = createLeadModels(connection);
  const connectors = createInstalledConnectors({ models });
  const allowNetworks = allowedNetworks(environment);
  const { codeConnectors } = environment;
  return {
    connection,
    store: createConfigurationStore({ models, allowNetworks, connectors, codeConnectors }),
    connectors,
    storeWith: (more) =>
      createConfigurationStore({
        models,
        allowNetworks,
        codeConnectors,
        connectors: {
          refresh: () => connectors.refresh(),
          find: (reference) => connectors.find(reference) ?? more[reference],
        },
      }),
    models,
    secrets: createSecretStore({ models, key: environment.secretKey }),
    apiKeys: createApiKeys({ models, secretKey: environment.secretKey }),
    links: createPostingLinks({ models }),
    audit: models.audit,
    leads,
    pepper: pepperOf(environment),
    author: `cli:${userName()}`,
    environment: { ...environment, allowNetworks },
    async ensureIndexes() {
      await ensureConfigurationIndexes(models);
      await ensureLeadIndexes(leads);
    },
  };
}

async function connect({ uri, mongodbUri, database }: Environment & { uri: string }): Promise<Connection> {
  try {
    return await connectMongo({ uri, database });
  } catch (error) {
    const advice = mongodbUri ? 'Check MONGODB_URI' : 'Run npm start first, or set MONGODB_URI';
    // The driver's own words name hosts and ports, never the password.
    throw new CommandFailure([`MongoDB does not answer (${(error as Error).message}). ${advice}`]);
  }
}

function userName() {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // A container's user may have no name.
  }
}
