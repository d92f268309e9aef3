import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { parse } from 'yaml';
import { createApiKeys } from '../../config/api-keys.ts';
import type { Environment } from '../../config/environment.ts';
import { createConfigurationModels, ensureConfigurationIndexes } from '../../config/models.ts';
import { createSecretStore } from '../../config/secrets.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { connectMongo } from '../../models/connection.ts';
import type { Mode } from '../../models/origin.ts';
import type { Source } from '../../schema/campaign.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import type { Integration } from '../../schema/integration.ts';
import type { DataFolder } from '../data-folder.ts';
import { SAMPLE_ADDRESS } from './buyers.ts';

const BY = 'npm start';
const SOURCE = 'src_demo';
/** The integration of the sample whose base address is that of all simulated buyers. */
const LANDMARK = 'int_phone_check';

export interface LoadedSample {
  /** Whether the database was empty and the sample was put into it now. */
  loaded: boolean;
  /** API keys of the sample's source, when the sample is there. */
  keys?: { live: string; test: string };
}

export interface SampleOptions {
  environment: Environment & { mongodbUri: string };
  folder: DataFolder;
  buyersPort: number;
}

/**
 * Puts the sample campaign into an empty database, with credentials for its integrations and keys for its source. When
 * it is there already, its integrations follow the simulated buyers to the port they are on now.
 */
export async function loadSample({ environment, folder, buyersPort }: SampleOptions): Promise<LoadedSample> {
  const connection = await connectMongo({ uri: environment.mongodbUri, database: environment.database });
  try {
    const models = createConfigurationModels(connection);
    await ensureConfigurationIndexes(models);
    const store = createConfigurationStore({ models, allowNetworks: environment.allowNetworks });
    const current = await store.current();
    const file = current?.file ?? (await sampleFile(`127.0.0.1:${buyersPort}`));
    if (current) {
      const moved = movedIntegrations(file, `127.0.0.1:${buyersPort}`);
      if (moved.length > 0) await store.apply({ integrations: moved }, { by: BY, force: true });
    } else {
      await store.apply(file, { by: BY });
      const secrets = createSecretStore({ models, key: environment.secretKey });
      for (const { id, secrets: names } of file.integrations ?? []) {
        for (const name of names ?? []) await secrets.set(id, name, randomBytes(12).toString('hex'), BY);
      }
    }
    const source = file.sources?.find(({ id }) => id === SOURCE);
    if (!source) return { loaded: false };
    const keys = createApiKeys({ models });
    const [live, test] = [await sampleKey(keys, folder, source, 'live'), await sampleKey(keys, folder, source, 'test')];
    return { loaded: !current, keys: { live, test } };
  } finally {
    await connection.close();
  }
}

/** The sample's integrations that still point at another port of this machine than the buyers have now. */
function movedIntegrations({ integrations = [] }: ConfigurationFile, address: string): Integration[] {
  const base = integrations.find(({ id }) => id === LANDMARK)?.config?.['base'];
  const [, known] = /^http:\/\/(127\.0\.0\.1:\d+)$/.exec(String(base)) ?? [];
  if (known === undefined || known === address) return [];
  return integrations
    .filter(({ config }) => JSON.stringify(config ?? {}).includes(`http://${known}`))
    .map((integration) => ({
      ...integration,
      config: JSON.parse(
        JSON.stringify(integration.config).replaceAll(`http://${known}`, `http://${address}`),
      ) as Integration['config'],
    }));
}

/** The sample campaign, with its buyers at the given host and port. */
export async function sampleFile(buyersAddress = SAMPLE_ADDRESS): Promise<ConfigurationFile> {
  const text = await readFile(new URL('campaign.yaml', import.meta.url), 'utf8');
  return parse(text.replaceAll(SAMPLE_ADDRESS, buyersAddress)) as ConfigurationFile;
}

/** Keys are stored hashed only; the ones for trying out are kept in the data folder so that they can be shown again. */
async function sampleKey(
  keys: ReturnType<typeof createApiKeys>,
  folder: DataFolder,
  { id, seller }: Source,
  mode: Mode,
): Promise<string> {
  const make = async () => (await keys.create({ kind: 'seller', seller, source: id, mode, by: BY })).key;
  const known = await folder.remembered(`sample-key-${mode}`, make);
  if (await keys.lookup(known)) return known;
  const fresh = await make();
  await folder.remember(`sample-key-${mode}`, fresh);
  return fresh;
}
