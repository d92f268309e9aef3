import { randomBytes } from 'node:crypto';
import { DEVELOPMENT_KEY_FILE, EMBEDDED_OPTIONS, readEmbedded } from '../config/embedded.ts';
import { OPTIONS, readEnvironment, readOptions } from '../config/environment.ts';
import { createLogger } from '../log/logger.ts';
import { startNode } from '../server/node.ts';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';
import { announce } from './announcement.ts';
import { createDataFolder } from './data-folder.ts';
import { endWithLauncher } from './launcher.ts';
import { plainly, type OwnPorts } from './plain-errors.ts';
import { startSampleBuyers } from './sample/buyers.ts';
import { loadSample } from './sample/load.ts';
import { startStack } from './servers/stack.ts';

/** Fetched servers are shared by all data folders of this working copy. */
const FETCH_DIR = EMBEDDED_OPTIONS.dataDir.schema.parse(undefined);

type Endings = (() => Promise<void>)[];

/**
 * `npm start`: real servers, one all-in-one node, the sample campaign and its simulated buyers. Everything it starts
 * ends with it; the data stays in `.leadwire/` for the next time.
 */
async function main(variables: NodeJS.ProcessEnv): Promise<void> {
  const endings: Endings = [];
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= endAll(endings));
  const stop = () => void end().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  endWithLauncher(variables, stop);
  let ports: OwnPorts | undefined;
  try {
    // Read apart below; together first, so that every mistake is told at once and before anything starts.
    const { port, buyersPort } = readOptions({ ...OPTIONS, ...EMBEDDED_OPTIONS }, variables);
    ports = { LEADWIRE_BUYERS_PORT: buyersPort, LEADWIRE_PORT: port };
    await startEverything(variables, ports, endings);
  } catch (error) {
    if (ending) return; // What was under way when everything was told to end has nothing more to say.
    console.error(plainly(error, ports));
    await end();
    process.exit(1);
  }
}

async function startEverything(variables: NodeJS.ProcessEnv, otherPorts: OwnPorts, endings: Endings): Promise<void> {
  installTemporalRuntime();
  const embedded = readEmbedded(variables);
  const folder = createDataFolder(embedded.dataDir);
  const stack = await startStack({
    dataDir: folder.path,
    fetchDir: FETCH_DIR,
    env: variables,
    otherPorts,
    ports: { mongo: embedded.mongoPort, temporal: embedded.temporalPort, temporalUi: embedded.temporalUiPort },
    log: (line) => console.log(line),
  });
  endings.push(() => stack.stop());
  const makeKey = () => randomBytes(32).toString('base64');
  const environment = readEnvironment({
    // The simulated buyers live on this machine.
    LEADWIRE_ALLOW_NETWORKS: '127.0.0.0/8',
    LEADWIRE_LOG_LEVEL: 'warn',
    LEADWIRE_SECRET_KEY: await folder.remembered(DEVELOPMENT_KEY_FILE, makeKey),
    ...variables,
    MONGODB_URI: stack.mongoUri,
    TEMPORAL_ADDRESS: stack.temporalAddress,
  });
  const { mongodbUri = stack.mongoUri, temporalAddress = stack.temporalAddress } = environment;
  const buyers = await startSampleBuyers(embedded.buyersPort);
  endings.push(() => buyers.stop());
  const sample = await loadSample({
    environment: { ...environment, mongodbUri },
    folder,
    buyersPort: embedded.buyersPort,
  });
  const log = createLogger(environment.logLevel, environment.nodeId);
  const node = await startNode({ environment: { ...environment, mongodbUri, temporalAddress }, log });
  endings.push(() => node.stop());
  announce({ node, stack, buyers, sample });
}

async function endAll(endings: Endings): Promise<void> {
  for (const stop of endings.reverse()) {
    await stop().catch((error: Error) => console.error(`While stopping: ${error.message}`));
  }
}

/** An empty variable counts as unset, for the servers as well. */
function withoutEmpty(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
}

void main(withoutEmpty(process.env));
