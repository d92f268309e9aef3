import { readEnvironment } from '../config/environment.ts';
import { createLogger } from '../log/logger.ts';
import { startNode } from '../server/node.ts';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';

/** An all-in-one node in a process of its own, so that its CPU can be told apart. */
installTemporalRuntime();
const environment = readEnvironment();
const { mongodbUri = '', temporalAddress = '' } = environment;
const node = await startNode({
  environment: { ...environment, mongodbUri, temporalAddress },
  log: createLogger('error', environment.nodeId),
});
process.stdout.write(`${JSON.stringify({ url: node.url })}\n`);
const end = () => void node.stop().then(() => process.exit(0));
process.stdin.resume().on('end', end);
process.on('SIGTERM', end);
