import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundle, type Deployment } from '../leads/deployment.ts';
import type { FaultPoint } from './points.ts';

/** The bundle as a file, since these nodes are other processes. */
const bundleFile = (async () => {
  const { code } = (await bundle) as { code: string };
  const file = join(await mkdtemp(join(tmpdir(), 'leadwire-')), 'workflows.js');
  await writeFile(file, code);
  return file;
})();

export interface NodeProcess {
  url: string;
  pid: number;
  ended: Promise<unknown>;
  /** SIGKILL, unless it has ended already. */
  kill(): void;
}

/** Starts a node of a deployment in a process of its own, which sends itself a signal at a point when one is given. */
export async function startNodeProcess(
  deployment: Deployment,
  nodeId: string,
  fault?: { point: FaultPoint; signal: 'SIGKILL' | 'SIGSTOP' },
): Promise<NodeProcess> {
  const main = fileURLToPath(new URL('node.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', main], {
    env: {
      ...process.env,
      ...deployment.variables,
      LEADWIRE_NODE_ID: nodeId,
      WORKFLOW_BUNDLE: await bundleFile,
      ...(fault ? { FAULT_POINT: JSON.stringify(fault.point), FAULT_SIGNAL: fault.signal } : {}),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid, stdout } = child;
  if (pid === undefined || !stdout) throw new Error('the node did not start');
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface({ input: stdout }), 'line'), ended])) as [string];
  const { url } = JSON.parse(String(line)) as { url: string };
  return { url, pid, ended, kill: () => void (child.exitCode === null && child.kill('SIGKILL')) };
}
