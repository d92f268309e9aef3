import { readEnvironment } from '../config/environment.ts';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { createLogger } from '../log/logger.ts';
import { startNode } from './node.ts';
import { installTemporalRuntime } from './temporal/runtime.ts';

/**
 * Runs one production node in this process until a signal stops it; leads in flight are finished first.
 * `MONGODB_URI` and `TEMPORAL_ADDRESS` name its servers. Throws `invalid_configuration` when one is missing.
 */
export async function runNode(variables: NodeJS.ProcessEnv): Promise<void> {
  const environment = readEnvironment(variables);
  const { mongodbUri, temporalAddress } = environment;
  if (!mongodbUri || !temporalAddress) {
    throw new LeadwireError('invalid_configuration', { message: 'Set MONGODB_URI and TEMPORAL_ADDRESS' });
  }
  installTemporalRuntime();
  const log = createLogger(environment.logLevel, environment.nodeId);
  const node = await startNode({ environment: { ...environment, mongodbUri, temporalAddress }, log });
  log.info({ url: node.url }, 'ready');
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve);
  });
  log.info({ signal }, 'stopping');
  await node.stop();
}
