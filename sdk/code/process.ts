import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { CallMessage, OutcomeMessage } from './messages.ts';
import { codeProgram } from './program.ts';

/** What came of a call; or the process was lost over it, or over one of several that were under way. */
export type Asked = Omit<OutcomeMessage, 'id'> | { lost: 'alone' | 'together' };

/** The process that threads of connectors live in; another one once it is lost. */
export interface CodeProcess {
  /**
   * Makes a call there. Rejects when the script cannot be had or the process cannot be started.
   *
   * @param script of the connector, for a process that does not have it yet
   */
  ask(call: Omit<CallMessage, 'id' | 'script'>, script: () => Promise<string>): Promise<Asked>;
  /** Starts it. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  child: ChildProcess;
  /** Connectors whose script it has. */
  known: Set<string>;
  /** Calls under way, and when they are given up. */
  waiting: Map<number, { settle: (asked: Asked) => void; patience: NodeJS.Timeout }>;
}

/** How much longer than a call may take its outcome may be on its way. */
const GRACE_MS = 10_000;

export function createCodeProcess(
  limits: readonly [deadlineMs: number, memoryMb: number, loadMs: number],
): CodeProcess {
  const [deadlineMs, , loadMs] = limits;
  let program: Promise<string> | undefined;
  let running: Promise<Running> | undefined;
  let last = 0;

  async function start(): Promise<Running> {
    program ??= codeProgram();
    const script = await program;
    // Nothing of a node is in it: no environment, no descriptors, none of its memory.
    const child = spawn(process.execPath, ['--no-warnings', '-e', script, ...limits.map(String)], {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const waiting: Running['waiting'] = new Map();
    const own = running;
    child.on('message', ({ id, ...asked }: OutcomeMessage) => {
      const call = waiting.get(id);
      waiting.delete(id);
      clearTimeout(call?.patience);
      call?.settle(asked);
    });
    const onLost = () => {
      if (running === own) running = undefined;
      const lost = [...waiting.values()];
      waiting.clear();
      for (const { settle, patience } of lost) {
        clearTimeout(patience);
        settle({ lost: lost.length === 1 ? 'alone' : 'together' });
      }
    };
    child.once('exit', onLost).once('error', onLost);
    return { child, known: new Set(), waiting };
  }

  function current(): Promise<Running> {
    if (!running) {
      const starting = start();
      running = starting;
      starting.catch(() => {
        if (running === starting) running = undefined;
      });
    }
    return running;
  }

  return {
    async ask(call, script) {
      const text = await script();
      const { child, known, waiting } = await current();
      const isNew = !known.has(call.connector);
      known.add(call.connector);
      const id = (last += 1);
      return new Promise((settle) => {
        const patience = setTimeout(() => child.kill('SIGKILL'), loadMs + deadlineMs + GRACE_MS);
        waiting.set(id, { settle, patience });
        // What cannot be sent any more is told by the end of the process, like everything else under way.
        child.send({ id, ...call, ...(isNew ? { script: text } : {}) } satisfies CallMessage, () => undefined);
      });
    },
    async prepare() {
      await current();
    },
    async close() {
      const open = await running?.catch(() => undefined);
      if (!open || open.child.exitCode !== null || open.child.signalCode !== null) return;
      const ended = once(open.child, 'exit');
      open.child.kill('SIGKILL');
      await ended;
    },
  };
}
