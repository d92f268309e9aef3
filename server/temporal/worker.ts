import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createFailureInterceptor } from '../../activities/failure.ts';
import type { Logger } from '../../log/logger.ts';
import { createHeartbeat } from './heartbeat.ts';

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  nodeId: string;
  /** Leads that may be in progress at once. */
  maxInFlight: number;
  /** How long activities in progress may take to finish on a shutdown. */
  shutdownSeconds: number;
  bundle: WorkflowBundleOption;
  log: Logger;
}

/** Bundles the workflows for the sandbox; takes a second or two, so a process does it once. */
export async function bundleWorkflows(log: Logger): Promise<WorkflowBundleOption> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: warn(log), error: warn(log) };
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/workflows.ts', import.meta.url)),
    logger: quiet,
  });
}

function warn(log: Logger) {
  return (message: string) => log.warn(message);
}

/**
 * The worker beside the ingress. A workflow task holds its permit while its local activities run, so there must be at
 * least as many permits as leads in progress: the default of 40 is 16 leads a second at 2.5 seconds each.
 */
export async function createWorker(options: WorkerOptions, deps: ActivityDeps): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    identity: options.nodeId,
    workflowBundle: options.bundle,
    activities: createActivities(deps),
    // Temporal wants two at least.
    maxConcurrentWorkflowTaskExecutions: Math.max(2, options.maxInFlight),
    maxConcurrentLocalActivityExecutions: options.maxInFlight,
    maxConcurrentActivityTaskExecutions: 100,
    maxCachedWorkflows: options.maxInFlight * 2,
    shutdownGraceTime: options.shutdownSeconds * 1000,
    shutdownForceTime: options.shutdownSeconds * 1000 + 10_000,
    interceptors: {
      activity: [
        () => ({ inbound: createFailureInterceptor(options.log) }),
        (context) => ({ inbound: createHeartbeat(context) }),
      ],
    },
  });
}
