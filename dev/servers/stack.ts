import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Setting } from './fetching.ts';
import { describeMongo, findMongo, startMongo } from './mongo.ts';
import { createPidFile, livePid } from './pid-file.ts';
import { choosePort, LOOPBACK } from './ports.ts';
import { StackError } from './stack-error.ts';
import { findTemporal, startTemporal } from './temporal.ts';

export { StackError } from './stack-error.ts';

export type StackOptions = {
  /** The servers' data, logs and pid files; one stack at a time. */
  dataDir: string;
  /** Where fetched servers are kept; stacks may share it. Default: dataDir. */
  fetchDir?: string;
  /** Reads MONGODB_URI, TEMPORAL_ADDRESS and PATH. */
  env: NodeJS.ProcessEnv;
  /** Progress, a line at a time. */
  log: (line: string) => void;
  /** Ports that others will need beside the servers, by the variable that moves them: refused before anything starts. */
  otherPorts?: Record<string, number>;
  /** 0 picks a free port. */
  ports: { mongo: number; temporal: number; temporalUi: number };
};

export type Stack = {
  mongoUri: string;
  temporalAddress: string;
  /** Absent when the Temporal server is not ours. */
  temporalUiUrl?: string;
  /** Which servers these are, for the reader of the start-up lines. */
  describe: { mongo: string; temporal: string };
  /** Ends what was started, and waits for it. The data stays. */
  stop(): Promise<void>;
};

type Started<T> = T & { stop?: () => Promise<void> };
type Mongo = Started<{ uri: string; description: string }>;
type Temporal = Started<{ address: string; uiUrl?: string; description: string }>;

/**
 * Finds or fetches MongoDB and Temporal, starts those the environment does not name, and waits until both answer.
 * Throws `StackError`, with nothing left running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, otherPorts = {} } = options;
  const dataDir = resolve(options.dataDir);
  const release = env.MONGODB_URI && env.TEMPORAL_ADDRESS ? undefined : await claim(dataDir);
  try {
    for (const [variable, port] of Object.entries(otherPorts)) await choosePort(port, variable);
    const { stop, ...servers } = await startServers(options, dataDir);
    return {
      ...servers,
      stop: async () => {
        await stop();
        await release?.();
      },
    };
  } catch (error) {
    await release?.();
    throw error;
  }
}

async function startServers(options: StackOptions, dataDir: string): Promise<Stack> {
  const { env, log } = options;
  const failure = new AbortController();
  const fetchDir = resolve(options.fetchDir ?? options.dataDir);
  const setting: Setting = { dataDir, fetchDir, env, log, signal: failure.signal };
  const parts = [provideMongo(setting, options), provideTemporal(setting, options)] as const;
  try {
    const [mongo, temporal] = await Promise.all(parts);
    return {
      mongoUri: mongo.uri,
      temporalAddress: temporal.address,
      temporalUiUrl: temporal.uiUrl,
      describe: { mongo: mongo.description, temporal: temporal.description },
      stop: async () => {
        await Promise.all([mongo.stop?.(), temporal.stop?.()]);
      },
    };
  } catch (error) {
    failure.abort();
    for (const part of await Promise.allSettled(parts)) {
      if (part.status === 'fulfilled') await part.value.stop?.();
    }
    throw error;
  }
}

async function provideMongo(setting: Setting, { env, ports }: StackOptions): Promise<Mongo> {
  if (env.MONGODB_URI) return { uri: env.MONGODB_URI, description: 'MongoDB from MONGODB_URI' };
  const port = await choosePort(ports.mongo, 'LEADWIRE_MONGO_PORT');
  const binary = await findMongo(setting);
  const { stop } = await startMongo(setting, binary, port);
  return { uri: `mongodb://${LOOPBACK}:${port}/leadwire`, description: describeMongo(binary), stop };
}

async function provideTemporal(setting: Setting, options: StackOptions): Promise<Temporal> {
  const { env, ports } = options;
  if (env.TEMPORAL_ADDRESS) return { address: env.TEMPORAL_ADDRESS, description: 'Temporal from TEMPORAL_ADDRESS' };
  const grpc = await choosePort(ports.temporal, 'LEADWIRE_TEMPORAL_PORT');
  const ui = await choosePort(ports.temporalUi, 'LEADWIRE_TEMPORAL_UI_PORT');
  const binary = await findTemporal(setting);
  const { stop } = await startTemporal(setting, binary, { grpc, ui });
  const description = `Temporal dev server, ${binary.origin}`;
  return { address: `${LOOPBACK}:${grpc}`, uiUrl: `http://${LOOPBACK}:${ui}`, description, stop };
}

/** One stack at a time works on a folder: two servers on one database file would destroy it. */
async function claim(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'stack.pid');
  while (!(await createPidFile(path, process.pid))) {
    const owner = await livePid(path);
    if (owner !== undefined) {
      const line = `Leadwire already runs on ${dataDir} (process ${owner}): stop it first or use another data folder`;
      throw new StackError('already_running', line);
    }
    await rm(path, { force: true });
  }
  return () => rm(path, { force: true });
}
