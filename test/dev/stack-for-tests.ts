import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type StackOptions, startStack, type Stack } from '../../dev/servers/stack.ts';

/** Fetched servers are shared with every other stack of this working copy: only the first run waits for them. */
export const FETCH_DIR = fileURLToPath(new URL('../../.leadwire', import.meta.url));

export type TestStacks = {
  dataDir: string;
  logged: string[];
  start(changes?: Partial<StackOptions>): Promise<Stack>;
  pidOf(name: 'mongo' | 'temporal'): Promise<number>;
  clear(): Promise<void>;
};

/** Stacks on one new data folder and free ports; `clear` ends those still running. */
export async function createTestStacks(): Promise<TestStacks> {
  const dataDir = await mkdtemp(join(tmpdir(), 'leadwire-stack-'));
  const logged: string[] = [];
  const stacks: Stack[] = [];
  return {
    dataDir,
    logged,
    async start(changes = {}) {
      const stack = await startStack({
        dataDir,
        fetchDir: FETCH_DIR,
        env: ownServersOnly(process.env),
        log: (line) => logged.push(line),
        ports: { mongo: 0, temporal: 0, temporalUi: 0 },
        ...changes,
      });
      stacks.push(stack);
      return stack;
    },
    async pidOf(name) {
      return (JSON.parse(await readFile(join(dataDir, `${name}.pid`), 'utf8')) as { pid: number }).pid;
    },
    async clear() {
      for (const stack of stacks) await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The environment without what would make the stack use servers that are not its own. */
export function ownServersOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, MONGODB_URI: undefined, TEMPORAL_ADDRESS: undefined };
}

export async function until(holds: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${holds.toString()}`);
  }
}

export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
