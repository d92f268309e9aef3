import { ConnectorFault } from '../../rules/connector/fault.ts';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import type { ConnectorOperation } from '../../schema/connector.ts';
import { isPaused, strike, type Call, type Lane, type Refusal } from './lane.ts';
import { MAX_ARGUMENTS, type CallFailure, type CallOutcome } from './messages.ts';
import { createCodeProcess } from './process.ts';

export interface CodeThreads {
  /**
   * The functions of a connector, by operation, each with both halves: one that it does not have gives nothing. They
   * reject with a ConnectorFault. Neither thread nor process is there before one of them is called.
   *
   * @param connector what it is known by, `leadwire-connector-acme@1.4.2`: another version is another one
   * @param script what `bundleCode` made of it
   */
  functions(connector: string, script: () => Promise<string>): (operation: ConnectorOperation) => CodeFunctions;
  /** Starts the process, so that the first call need not wait for it. */
  prepare(): Promise<void>;
  /** Ends every thread. Calls that are under way fail. */
  close(): Promise<void>;
}

export interface CodeThreadsOptions {
  /** How long one call may take, in milliseconds. Default 250. */
  deadlineMs?: number;
  /** Heap of one thread, in megabytes. Default 64. */
  memoryMb?: number;
  /** How long loading a script may take, in milliseconds. Default 5000. */
  loadMs?: number;
  /** How long a call may take beyond that: those before it, and its thread if there is none. Milliseconds, default 1000. */
  waitMs?: number;
  /** Calls of one connector that may wait. Default 500. */
  maxQueued?: number;
  /** Told what came of calls that failed, and of threads that were started. */
  onEvent?: (connector: string, event: 'started' | CallFailure | Refusal) => void;
}

/**
 * Runs the code of connectors in worker threads, one for each, in a process of their own. Code that loops, grows or ends
 * its thread fails the call that it did it in; calls of other connectors go on, and so does this process.
 */
export function createCodeThreads(options: CodeThreadsOptions = {}): CodeThreads {
  const { deadlineMs = 250, memoryMb = 64, loadMs = 5_000, waitMs = 1_000, maxQueued = 500 } = options;
  const { onEvent = () => {} } = options;
  const lanes = new Map<string, Lane>();
  /** Calls that were under way when the process was lost: one of them did it, and each is made again by itself. */
  const suspects: Call[] = [];
  let closed = false;
  const host = createCodeProcess([deadlineMs, memoryMb, loadMs]);

  function laneOf(connector: string, script: () => Promise<string>): Lane {
    const known = lanes.get(connector);
    if (known) return known;
    const lane: Lane = { connector, script, queue: [], absent: new Set(), strikes: [] };
    lanes.set(connector, lane);
    return lane;
  }

  function ask(lane: Lane, operation: ConnectorOperation, half: Call['half'], args: unknown[]): Promise<unknown> {
    if (lane.absent.has(`${operation}.${half}`)) return Promise.resolve({});
    return new Promise((resolve, reject) => {
      // Whoever asked may have been told before that it takes too long: then it is told to nobody but `onEvent`.
      const settle = (outcome: CallOutcome | { failed: Refusal }) => {
        clearTimeout(call.patience);
        if ('value' in outcome) return resolve(JSON.parse(outcome.value));
        if ('absent' in outcome) {
          lane.absent.add(`${operation}.${half}`);
          return resolve({});
        }
        if ('declared' in outcome) {
          const { code: said, retryable } = outcome.declared;
          return reject(new ConnectorFault({ said, retryable }));
        }
        onEvent(lane.connector, outcome.failed);
        reject(new ConnectorFault());
      };
      const call: Call = { lane, operation, half, args: JSON.stringify(args), settle };
      if (call.args.length > MAX_ARGUMENTS) return settle({ failed: 'result' });
      if (closed) return settle({ failed: 'closed' });
      if (isPaused(lane, Date.now())) return settle({ failed: 'paused' });
      if (lane.queue.length >= maxQueued) return settle({ failed: 'busy' });
      lane.queue.push(call);
      call.patience = setTimeout(() => {
        const at = lane.queue.indexOf(call);
        if (at >= 0) lane.queue.splice(at, 1);
        settle({ failed: 'busy' });
      }, waitMs + deadlineMs);
      dispatch();
    });
  }

  /** Each connector does one thing at a time. What may have brought the process down is made alone. */
  function dispatch(): void {
    const running = [...lanes.values()].filter((lane) => lane.running);
    if (suspects.length > 0) {
      const next = running.length === 0 ? suspects.shift() : undefined;
      if (next) run(next, true);
      return;
    }
    if (running.some(({ running: call }) => call?.alone)) return;
    for (const lane of lanes.values()) {
      const next = lane.running ? undefined : lane.queue.shift();
      if (next) run(next, false);
    }
  }

  function run(call: Call, alone: boolean): void {
    const { lane, operation, half, args } = call;
    call.alone = alone;
    lane.running = call;
    host.ask({ connector: lane.connector, operation, half, args }, lane.script).then(
      (asked) => {
        if ('lost' in asked) return asked.lost === 'alone' ? finish(call, { failed: 'memory' }) : suspect(call);
        if (asked.started) onEvent(lane.connector, 'started');
        finish(call, asked.outcome);
      },
      // Its script could not be had.
      () => finish(call, { failed: 'load' }),
    );
  }

  function suspect(call: Call): void {
    call.lane.running = undefined;
    suspects.push(call);
    dispatch();
  }

  function finish(call: Call, outcome: CallOutcome): void {
    const { lane } = call;
    if (lane.running !== call) return;
    lane.running = undefined;
    if ('failed' in outcome) strike(lane, outcome.failed, Date.now());
    call.settle(outcome);
    // Whoever waits behind code that is to be left alone need not wait.
    if (isPaused(lane, Date.now())) for (const next of lane.queue.splice(0)) next.settle({ failed: 'paused' });
    dispatch();
  }

  return {
    functions(connector, script) {
      const lane = laneOf(connector, script);
      return (operation) => ({
        request: (context) => ask(lane, operation, 'request', [context]) as Promise<object>,
        response: (answer, context) => ask(lane, operation, 'response', [answer, context]) as Promise<object>,
      });
    },
    prepare: () => host.prepare(),
    async close() {
      closed = true;
      const open = [...lanes.values()].flatMap(({ queue, running }) => [
        ...queue.splice(0),
        ...(running ? [running] : []),
      ]);
      await host.close();
      for (const call of [...open, ...suspects.splice(0)]) call.settle({ failed: 'closed' });
    },
  };
}
