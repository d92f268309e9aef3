import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from './fetching.ts';
import { createPidFile, endStale } from './pid-file.ts';
import { StackError } from './stack-error.ts';

export type ServerProcess = {
  pid: number;
  /** SIGTERM, then SIGKILL after ten seconds. Safe to call twice. */
  stop(): Promise<void>;
};

export type ServerCommand = {
  /** Names the log and pid files. */
  name: string;
  /** Names the server in messages. */
  title: string;
  file: string;
  args: string[];
  /** Settings of its own, unless the environment says otherwise. */
  env?: NodeJS.ProcessEnv;
  /** True once the server answers; called until then, an exception counts as not yet. */
  ready: () => Promise<boolean>;
};

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/**
 * Starts a server, its output in `<dataDir>/logs/<name>.log`, and waits until it answers.
 * It ends with this process, even if this one is killed. Throws `start_failed`.
 */
export async function startServer(setting: Setting, command: ServerCommand): Promise<ServerProcess> {
  const pidFile = join(setting.dataDir, `${command.name}.pid`);
  const logFile = join(setting.dataDir, 'logs', `${command.name}.log`);
  await endStale(pidFile);
  await mkdir(join(setting.dataDir, 'logs'), { recursive: true });
  const output = await open(logFile, 'w');
  // A process group of its own: Ctrl-C in the terminal must reach Leadwire only, which then stops its servers last.
  const child = spawn(command.file, command.args, {
    env: { ...command.env, ...setting.env },
    stdio: ['ignore', output.fd, output.fd],
    detached: process.platform !== 'win32',
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const pid = child.pid;
  // In the same turn as the server: this process may be ended in any later one.
  const guard = pid === undefined ? undefined : startGuard(pid);
  await output.close();
  if (pid === undefined) throw new StackError('start_failed', `${command.title} did not start: ${await exited}`);
  await createPidFile(pidFile, pid);

  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    guard?.kill('SIGKILL');
    child.kill('SIGTERM');
    const patience = new AbortController();
    const kill = sleep(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => false,
    );
    await exited;
    patience.abort();
    await kill;
    await rm(pidFile, { force: true });
  };
  void exited.then((reason) => {
    guard?.kill('SIGKILL');
    if (!stopping) setting.log(`${command.title} ended by itself (${reason}): see ${logFile}`);
  });

  const gone = exited.then((reason) => ({ reason }));
  for (const end = Date.now() + START_TIMEOUT_MS; ;) {
    const outcome = await Promise.race([gone, command.ready().catch(() => false)]);
    if (outcome === true) return { pid, stop };
    const ended = typeof outcome === 'object';
    if (ended || setting.signal.aborted || Date.now() > end) {
      stopping = true;
      await stop();
      const reason = ended ? `ended (${outcome.reason})` : 'gave no answer';
      throw new StackError('start_failed', `${command.title} ${reason}${await lastLine(logFile)}: see ${logFile}`);
    }
    await sleep(POLL_MS);
  }
}

/** For a shell: ends the process $0 as `stop` does, in $1 seconds. Temporal swallows a SIGTERM while it is starting. */
const END = 'kill -TERM "$0"; for s in $(seq "$1"); do kill -0 "$0" || exit; sleep 1; done; kill -KILL "$0"';

/**
 * A shell that waits for this process to end (its standard input closes then, however that happens) and ends the
 * server. Where there is no shell, the pid file lets the next start do it.
 */
function startGuard(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const guard = spawn('/bin/sh', ['-c', `read -r _; ${END}`, String(pid), String(STOP_TIMEOUT_MS / 1000)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return guard;
}

async function lastLine(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const line = lines.at(-1);
  return line === undefined ? '' : `, last saying "${line.trim().slice(0, 200)}"`;
}
