import { userInfo } from 'node:os';
import type { Connection } from 'mongoose';
import { createApiKeys, type ApiKeys } from '../config/api-keys.ts';
import { developmentSecretKey, embeddedMongoUri, readEmbedded } from '../config/embedded.ts';
import { pepperOf, readEnvironment, type Environment } from '../config/environment.ts';
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
  links: PostingLinks;
  audit: ConfigurationModels['audit'];
  /** The records of leads. */
  leads: LeadModels;
  /** Keys the hashes by which duplicates are found. */
  pepper: string;
  /** Who is at the keyboard, for the audit log. */
  author: string;
  /** Private networks that may be called, and the key that secrets are kept under. */
  environment: { allowNetworks: readonly string[]; secretKey: Buffer | undefined };
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
  return {
    connection,
    store: createConfigurationStore({ models, allowNetworks: allowedNetworks(environment) }),
    secrets: createSecretStore({ models, key: environment.secretKey }),
    apiKeys: createApiKeys({ models, secretKey: environment.secretKey }),
    links: createPostingLinks({ models }),
    audit: models.audit,
    leads,
    pepper: pepperOf(environment),
    author: `cli:${userName()}`,
    environment: { allowNetworks: allowedNetworks(environment), secretKey: environment.secretKey },
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
