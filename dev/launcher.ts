import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;

/**
 * Calls `end` once when the npm that started this process is gone. Between the two there is a shell that passes no
 * signal on, so a `kill` of npm would otherwise leave everything running. Does nothing when npm did not start it.
 */
export function endWithLauncher(env: NodeJS.ProcessEnv, end: () => void): void {
  if (env['npm_lifecycle_event'] === undefined) return;
  const born = ancestry();
  const timer = setInterval(() => {
    if (ancestry() === born) return;
    clearInterval(timer);
    end();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The shell and the npm above this process: a process whose parent has ended gets another one. */
function ancestry(): string {
  return `${process.ppid} ${parentOf(process.ppid)}`;
}

/** Known where there is a /proc; elsewhere only the shell is watched, which ends with npm's SIGTERM. */
function parentOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may hold blanks and brackets: count after its end.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  } catch {
    return '';
  }
}
