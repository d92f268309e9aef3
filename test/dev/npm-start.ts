import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownServersOnly, until } from './stack-for-tests.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PORTS = ['PORT', 'BUYERS_PORT', 'MONGO_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'];

/** A Leadwire started from the shell. */
export interface Started {
  pid: number;
  /** What it has printed so far. */
  out(): string;
  err(): string;
  /** Waits until it says that it is ready; fails when it ends instead. */
  ready(): Promise<void>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** As Ctrl-C in a terminal does: the signal goes to the whole foreground process group. */
  interrupt(signal?: NodeJS.Signals): void;
}

/** `npm start` on a data folder and ports of its own. `clear` ends what still runs. */
export async function createNpmStart() {
  const dataDir = await mkdtemp(join(tmpdir(), 'leadwire-start-'));
  const ports = await freePorts(PORTS.length);
  const env: NodeJS.ProcessEnv = {
    ...withoutNpm(ownServersOnly(process.env)),
    LEADWIRE_DATA_DIR: dataDir,
    ...Object.fromEntries(PORTS.map((name, index) => [`LEADWIRE_${name}`, String(ports[index])])),
  };

  function start(changes: NodeJS.ProcessEnv = {}, command = ['npm', 'start']): Started {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { cwd: ROOT, env: { ...env, ...changes }, detached: true });
    const pid = child.pid ?? 0;
    const texts = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    let over = false;
    void ended.then(() => (over = true));
    return {
      pid,
      ended,
      out: () => texts.out,
      err: () => texts.err,
      async ready() {
        await until(() => over || texts.out.includes('Ctrl-C ends everything'), 50_000);
        if (over) throw new Error(`it ended: ${texts.out}${texts.err}`);
      },
      interrupt: (signal = 'SIGINT') => void process.kill(-pid, signal),
    };
  }

  return {
    dataDir,
    env,
    start,
    running: () => runningOn(dataDir),
    /** Waits until nothing of it runs any more. */
    async gone(): Promise<void> {
      let left = new Map<number, string>();
      const none = async () => (left = await runningOn(dataDir)).size === 0;
      await until(none, 30_000).catch(() => {
        throw new Error(`still running:\n${[...left].join('\n')}`);
      });
    },
    async clear() {
      for (const pid of (await runningOn(dataDir)).keys()) process.kill(pid, 'SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Listens on a port so that nobody else can. */
export async function takePort(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => takePort(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** npm tells its scripts about itself; a stranger's shell knows nothing of that. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(lifecycle|package)_/.test(name)));
}

/**
 * Ids and command lines of every process that was started with this data folder, whoever its parent is by now: what
 * is started inherits the environment.
 */
async function runningOn(dataDir: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const read = (name: string) => readFile(`/proc/${entry}/${name}`, 'utf8').catch(() => '');
    if (!(await read('environ')).split('\0').includes(`LEADWIRE_DATA_DIR=${dataDir}`)) continue;
    found.set(Number(entry), (await read('cmdline')).replaceAll('\0', ' ').trim());
  }
  return found;
}
