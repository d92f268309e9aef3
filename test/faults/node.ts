import { subscribe } from 'node:diagnostics_channel';
import type { Connection } from 'mongoose';
import { installTemporalRuntime } from '../../server/temporal/runtime.ts';
import { readEnvironment } from '../../config/environment.ts';
import { createLogger } from '../../log/logger.ts';
import { startNode } from '../../server/node.ts';
import type { FaultPoint } from './points.ts';

/**
 * A node of its own process that sends itself a signal when it reaches a point of the protocol: nothing in the product
 * knows about it, since the driver and the HTTP client tell what they do.
 */
const point = JSON.parse(process.env['FAULT_POINT'] ?? '{}') as FaultPoint;
const signal = process.env['FAULT_SIGNAL'] as 'SIGKILL' | 'SIGSTOP';
let left = point.nth ?? 2;

function reached(): void {
  if (--left === 0) process.kill(process.pid, signal);
}

function watchMongo(connection: Connection): void {
  const { mongo } = point;
  if (!mongo) return;
  const requests = new Set<number>();
  const client = connection.getClient();
  client.on('commandStarted', ({ commandName, command, requestId }) => {
    const matches =
      commandName === mongo.command &&
      command[commandName] === mongo.collection &&
      (mongo.has === undefined || JSON.stringify(command['update'] ?? '').includes(`"state":"${mongo.has}"`));
    if (!matches) return;
    if (mongo.when === 'started') reached();
    else requests.add(requestId);
  });
  client.on('commandSucceeded', ({ requestId }) => {
    if (requests.delete(requestId)) reached();
  });
}

if (point.http) {
  subscribe(point.http, (message) => {
    const { request } = message as { request: { path: string } };
    if (request.path.includes('/post')) reached();
  });
}

installTemporalRuntime();
const environment = readEnvironment();
const { mongodbUri = '', temporalAddress = '' } = environment;
const node = await startNode({
  environment: { ...environment, mongodbUri, temporalAddress },
  log: createLogger('fatal', environment.nodeId),
  bundle: { codePath: process.env['WORKFLOW_BUNDLE'] ?? '' },
  watchMongo,
});
process.stdout.write(`${JSON.stringify({ url: node.url })}\n`);
process.stdin.resume().on('end', () => process.exit(0));
