import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

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

function nameOf(command: string, pid: number): string {
  if (pid === process.pid) return 'load generator';
  if (command.includes('start-dev')) return 'Temporal';
  if (/mongod|java/.test(command)) return 'MongoDB';
  return 'other';
}
