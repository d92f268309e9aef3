import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Finding } from './finding.ts';

export interface ChildOptions {
  /** Folder of the version that was published last, ending in /. */
  previous?: URL;
  /** How long the whole suite may take, in milliseconds. Default 90 seconds. */
  timeoutMs?: number;
  /** How long one function may keep the process busy, in milliseconds. Default 10 seconds. */
  stuckMs?: number;
  /** Heap of the process, in megabytes. Default 512. */
  memoryMb?: number;
}

/** What the child says, a line of JSON each. */
export type ChildMessage =
  /** It is about to run this: `post.request`, `index.js`. */
  | { at: string }
  /** That returned. */
  | { left: string }
  | { findings: Finding[]; token: string }
  /** The suite itself could not go on. */
  | { broken: string; token: string };

/** Run by path, not imported: it brings the outbound client, which is above the SDK. */
const PROGRAM = new URL('../../cli/connector/conformance-process.ts', import.meta.url);
const LOADER = new URL('../../loader.js', import.meta.url);
const ROOT = new URL('../../', import.meta.url);

/**
 * Runs the conformance suite over the folder of a connector in a process of its own, with an empty environment, limits
 * on time and memory, and nothing of this process in reach. Code that loops, grows or ends its process is a finding.
 *
 * @param folder ending in /
 * @throws Error when the suite itself fails
 */
export async function testInChild(folder: URL, options: ChildOptions = {}): Promise<Finding[]> {
  const { previous, timeoutMs = 90_000, stuckMs = 10_000, memoryMb = 512 } = options;
  const argv = [fileURLToPath(PROGRAM), folder.href, ...(previous ? [previous.href] : [])];
  const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, '--import', LOADER.href, ...argv], {
    cwd: fileURLToPath(ROOT),
    env: {},
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  });
  // Only who reads it before code of the connector runs can sign what was found.
  const token = randomBytes(16).toString('hex');
  child.stdin?.on('error', () => undefined).end(token);

  let at: string | undefined;
  let late = false;
  let last: ChildMessage | undefined;
  const giveUp = () => {
    late = true;
    child.kill('SIGKILL');
  };
  const whole = setTimeout(giveUp, timeoutMs);
  let stuck: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  let rest = '';
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = read(line);
      if (!message) continue;
      if ('token' in message) {
        if (message.token === token) last ??= message;
        continue;
      }
      clearTimeout(stuck);
      at = 'at' in message ? message.at : undefined;
      if (at !== undefined) stuck = setTimeout(giveUp, stuckMs);
    }
  });
  await ended;
  clearTimeout(whole);
  clearTimeout(stuck);
  if (last && 'findings' in last) return last.findings;
  if (last && 'broken' in last) throw new Error(`The conformance suite failed: ${last.broken}`);
  const message = late ? 'does not return' : 'takes the process down that it is tested in: too much memory, or an exit';
  return [{ rule: 'faults/declared', grade: 'error', message, ...(at === undefined ? {} : { at }) }];
}

function read(line: string): ChildMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as ChildMessage) : undefined;
  } catch {
    return undefined;
  }
}
