import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stack } from '../dev/servers/stack.ts';

const CLOCK_TICKS_PER_SECOND = 100;

export interface Program {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts one of our programs as a process of its own; it prints `{"url":…}` when it listens and ends with its stdin. */
export async function startProgram(file: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const main = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const loader = new URL('../loader.js', import.meta.url).href;
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), ended]);
  const { url } = JSON.parse(String(line[0])) as { url: string };
  return {
    url,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Networks that nodes of the bench may send to. */
export const NETWORKS = '127.0.0.0/8';

/** An all-in-one node on a database and a task queue of this name. Rate limits are counted, not met. */
export function startBenchNode({ mongoUri, temporalAddress }: Stack, database: string): Promise<Program> {
  return startProgram('bench/node.ts', [], {
    MONGODB_URI: mongoUri,
    TEMPORAL_ADDRESS: temporalAddress,
    LEADWIRE_DATABASE: database,
    LEADWIRE_TASK_QUEUE: database,
    LEADWIRE_PORT: '0',
    LEADWIRE_ALLOW_NETWORKS: NETWORKS,
    LEADWIRE_RATE_PER_SECOND: '100000',
    LEADWIRE_RATE_PER_MINUTE: '1000000',
    LEADWIRE_ADDRESS_RATE_PER_MINUTE: '1000000',
  });
}

/** CPU seconds used so far by each process that this one started, by what it is. */
export async function cpuByProcess(names: ReadonlyMap<number, string>): Promise<Map<string, number>> {
  const used = new Map<string, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    if (!stat) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system] = [Number(fields[1]), Number(fields[11]), Number(fields[12])];
    if (parent !== process.pid && Number(entry) !== process.pid) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const name = names.get(Number(entry)) ?? nameOf(command, Number(entry));
    used.set(name, (used.get(name) ?? 0) + (user + system) / CLOCK_TICKS_PER_SECOND);
  }
  return used;
}

/** Prints what each process used for each of so many of something. */
export function printCpu(
  what: string,
  count: number,
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): void {
  const cpu = [...after]
    .map(([name, seconds]) => [name, ((seconds - (before.get(name) ?? 0)) * 1000) / count] as const)
    .filter(([, ms]) => ms >= 0.05)
    .map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  console.log(`  CPU ms per ${what}: ${cpu.join(', ')}`);
}

function nameOf(command: string, pid: number): string {
  if (pid === process.pid) return 'load generator';
  if (command.includes('start-dev')) return 'Temporal';
  if (/mongod|java/.test(command)) return 'MongoDB';
  return 'other';
}
