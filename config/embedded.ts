import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { option, readOptions, wholeNumber } from './environment.ts';

/** Name, in the data folder, of the key under which `npm start` encrypts secrets. */
export const DEVELOPMENT_KEY_FILE = 'secret-key';

const port = (env: string, fallback: number, description: string) =>
  option({ env, schema: wholeNumber(fallback, 1, 65_535), default: String(fallback), description });

/** The options of what `npm start` runs beside a node, which the command line has to know as well. */
export const EMBEDDED_OPTIONS = {
  dataDir: option({
    env: 'LEADWIRE_DATA_DIR',
    schema: z.string().default(() => defaultFolder()),
    default: '.leadwire',
    description: "Folder with the servers' data and logs, the sample's API keys and the development secret key",
  }),
  mongoPort: port('LEADWIRE_MONGO_PORT', 27_018, 'Port of the MongoDB it runs'),
  temporalPort: port('LEADWIRE_TEMPORAL_PORT', 7233, 'Port of the Temporal it runs'),
  temporalUiPort: port('LEADWIRE_TEMPORAL_UI_PORT', 8233, "Port of that Temporal's UI"),
  buyersPort: port('LEADWIRE_BUYERS_PORT', 8090, 'Port of the simulated buyers'),
};
export type Embedded = ReturnType<typeof readEmbedded>;

/** Parses the embedded deployment's variables. Throws `invalid_configuration` naming every bad one. */
export function readEmbedded(variables: NodeJS.ProcessEnv) {
  return readOptions(EMBEDDED_OPTIONS, variables);
}

/** The MongoDB that `npm start` runs when no other is named. */
export function embeddedMongoUri({ mongoPort }: Pick<Embedded, 'mongoPort'>): string {
  return `mongodb://127.0.0.1:${mongoPort}`;
}

/** The key that `npm start` encrypts secrets under; undefined when it has not made one yet. */
export async function developmentSecretKey({ dataDir }: Pick<Embedded, 'dataDir'>) {
  const text = await readFile(join(dataDir, DEVELOPMENT_KEY_FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Buffer.from(text.trim(), 'base64');
}

function defaultFolder() {
  return fileURLToPath(new URL('../.leadwire', import.meta.url));
}
