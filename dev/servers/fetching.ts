import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';

/** What every step of finding or fetching a server needs. */
export type Setting = {
  /** Every server's data, logs and pid files. */
  dataDir: string;
  /** What was fetched; several data folders may share it. */
  fetchDir: string;
  env: NodeJS.ProcessEnv;
  /** Progress, a line at a time. */
  log: (line: string) => void;
  /** Aborted when another part failed: fetching then stops. */
  signal: AbortSignal;
};

export type CommandResult = { ok: true; output: string } | { ok: false; reason: string };

const PROGRESS_EVERY_MS = 3_000;

/**
 * Runs a fetching command to its end and logs `label` with the elapsed seconds meanwhile.
 * Ended after `timeoutMs`. A failure is a value; its reason is the last telling line of the output.
 */
export async function runFetch(
  setting: Setting,
  label: string,
  command: [string, ...string[]],
  timeoutMs: number,
): Promise<CommandResult> {
  const began = Date.now();
  const seconds = (): number => Math.round((Date.now() - began) / 1000);
  setting.log(`${label} …`);
  const progress = setInterval(() => setting.log(`${label} … ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    return await run(setting, command, timeoutMs);
  } finally {
    clearInterval(progress);
  }
}

function run(setting: Setting, [file, ...args]: [string, ...string[]], timeoutMs: number): Promise<CommandResult> {
  return new Promise((resolve) => {
    const signal = AbortSignal.any([setting.signal, AbortSignal.timeout(timeoutMs)]);
    const child = spawn(file, args, {
      env: setting.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.once('error', (error) => {
      resolve({ ok: false, reason: signal.aborted ? `no end after ${timeoutMs / 1000} s` : error.message });
    });
    child.once('close', (code) => {
      resolve(code === 0 ? { ok: true, output } : { ok: false, reason: tellingLine(complaints + output, code) });
    });
  });
}

function tellingLine(text: string, code: number | null): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((candidate) => /error/i.test(candidate)) ?? lines.at(-1);
  return line === undefined ? `exit code ${code}` : line.trim().slice(0, 300);
}

/** Fills `folder` through `fill(temporary)`, so that an interrupted fetch never looks like a complete one. */
export async function fillFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.partial-${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Whether a download site answers at all, so that a machine without open internet loses no time on it.
 * Behind a proxy only the download itself can tell: true.
 */
export async function answers(setting: Setting, url: string): Promise<boolean> {
  const { env } = setting;
  if (env.HTTPS_PROXY ?? env.https_proxy ?? env.ALL_PROXY ?? env.all_proxy) return true;
  const signal = AbortSignal.any([setting.signal, AbortSignal.timeout(2_000)]);
  return fetch(url, { method: 'HEAD', signal }).then(
    () => true,
    () => false,
  );
}
