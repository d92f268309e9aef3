import { Worker } from 'node:worker_threads';
import type { CallFailure, CallMessage, CallOutcome, OutcomeMessage } from './messages.ts';

/**
 * What runs in the process that connectors' threads live in: a thread for each, made when it is first asked, ended when
 * it takes too long. A thread that outgrows its heap in one step takes its whole process with it, which the heap's limit
 * does not prevent: this process is there to be lost instead of a node's.
 */
declare const THREAD_SCRIPT: string;
const [deadlineMs = 250, memoryMb = 64, loadMs = 5_000] = process.argv.slice(1).map(Number);
const IDLE_MS = 5 * 60_000;
const LOOK_MS = 20;
/** What this process may have beside the heaps of its threads: buffers are in no heap. */
const OWN_MB = 192;

interface Thread {
  worker: Worker;
  /** What it is doing; at most one thing at a time. */
  call?: { id: number; started: boolean };
  limit?: NodeJS.Timeout;
  idle?: NodeJS.Timeout;
}
const scripts = new Map<string, string>();
const threads = new Map<string, Thread>();
let busy = 0;

// It ends with the node, which goes on with its leads for a while when both are told to stop.
process.on('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
process.on('message', (message: CallMessage) => {
  const { id, connector, operation, half, args, script } = message;
  if (script !== undefined) scripts.set(connector, script);
  const known = threads.get(connector);
  const thread = known ?? start(connector);
  thread.call = { id, started: known === undefined };
  clearTimeout(thread.idle);
  busy += 1;
  watchMemory();
  const call = { operation, half, args };
  if (known) ask(connector, thread, call);
  else {
    limit(connector, thread, loadMs, 'load');
    thread.worker.once('message', ({ loaded }: { loaded: boolean }) => {
      if (loaded) ask(connector, thread, call);
      else end(connector, thread, { failed: 'load' });
    });
  }
});

function start(connector: string): Thread {
  const worker = new Worker(THREAD_SCRIPT, {
    eval: true,
    name: connector,
    workerData: { script: scripts.get(connector) ?? '' },
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const thread: Thread = { worker };
  threads.set(connector, thread);
  worker.on('message', ({ outcome }: { outcome?: CallOutcome }) => {
    if (outcome) settle(connector, thread, outcome);
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const failed: CallFailure = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'exit';
    end(connector, thread, { failed });
  });
  worker.on('exit', () => end(connector, thread, { failed: 'exit' }));
  return thread;
}

function ask(connector: string, thread: Thread, call: Pick<CallMessage, 'operation' | 'half' | 'args'>): void {
  limit(connector, thread, deadlineMs, 'deadline');
  thread.worker.postMessage(call);
}

function limit(connector: string, thread: Thread, ms: number, failed: CallFailure): void {
  clearTimeout(thread.limit);
  const timer = setTimeout(() => {
    // An answer that is there when the time is over was in time: this process may have been late itself.
    setImmediate(() => {
      if (thread.limit === timer) end(connector, thread, { failed });
    });
  }, ms);
  thread.limit = timer;
}

/** Takes the thread away; its next call gets another one. */
function end(connector: string, thread: Thread, outcome: CallOutcome): void {
  if (threads.get(connector) === thread) threads.delete(connector);
  void thread.worker.terminate();
  settle(connector, thread, outcome);
}

function settle(connector: string, thread: Thread, outcome: CallOutcome): void {
  clearTimeout(thread.limit);
  thread.limit = undefined;
  const { call } = thread;
  if (!call) return;
  thread.call = undefined;
  busy -= 1;
  const answer: OutcomeMessage = { id: call.id, outcome, ...(call.started ? { started: true } : {}) };
  process.send?.(answer);
  if (threads.get(connector) === thread) {
    thread.idle = setTimeout(() => end(connector, thread, { failed: 'exit' }), IDLE_MS).unref();
  }
}

let looking: NodeJS.Timeout | undefined;
function watchMemory(): void {
  looking ??= setInterval(() => {
    if (busy === 0) {
      clearInterval(looking);
      looking = undefined;
    } else if (process.memoryUsage.rss() > (OWN_MB + memoryMb * threads.size) * 1024 * 1024)
      process.kill(process.pid, 'SIGKILL');
  }, LOOK_MS);
}
