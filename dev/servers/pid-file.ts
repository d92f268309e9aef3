import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process and when it began: a pid alone may belong to someone else by the time it is read back. */
type Identity = { pid: number; began: string };

/** Creates the pid file for `pid`; false when the file is already there. */
export async function createPidFile(path: string, pid: number): Promise<boolean> {
  const identity: Identity = { pid, began: (await beganAt(pid)) ?? '' };
  try {
    await writeFile(path, JSON.stringify(identity), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The pid that the file names, if that very process still runs. */
export async function livePid(path: string): Promise<number | undefined> {
  let identity: Identity;
  try {
    identity = JSON.parse(await readFile(path, 'utf8')) as Identity;
  } catch {
    // Missing, or cut short by a crash: either way it names no process.
    return undefined;
  }
  const began = await beganAt(identity.pid);
  return began !== undefined && began === identity.began ? identity.pid : undefined;
}

/** Ends the process that an earlier, killed run left behind, and removes its pid file. */
export async function endStale(path: string): Promise<void> {
  const pid = await livePid(path);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    if (!(await goneWithin(path, 5_000))) process.kill(pid, 'SIGKILL');
    await goneWithin(path, 5_000);
  }
  await rm(path, { force: true });
}

async function goneWithin(path: string, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    if ((await livePid(path)) === undefined) return true;
  }
  return false;
}

/** When a process began, in the system's own words; undefined when there is no such process. */
async function beganAt(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name in the second field may hold blanks and brackets: count after its end. State first, start time 20th.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  }
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (error, output) => {
      resolve(error === null && output.trim() !== '' ? output.trim() : undefined);
    });
  });
}
