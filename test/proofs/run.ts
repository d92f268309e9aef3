import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { withThrowawayStack } from '../../dev/servers/throwaway.ts';
import type { Removal } from './removal.ts';
import { ALERTS, BUYERS } from './removals/buyers.ts';
import { DISCRETION } from './removals/discretion.ts';
import { EVENTS } from './removals/events.ts';
import { CAPS, MONEY } from './removals/money.ts';
import { PINGS } from './removals/pings.ts';
import { AMBIGUITY, OFFERS } from './removals/posts.ts';
import { STARTS } from './removals/starts.ts';

/**
 * Proves that the tests notice when the code that keeps an invariant is gone: in a copy of the source tree each removal
 * is made by itself, and its tests have to fail that pass on the copy as it is. Words after the command narrow the run
 * to removals whose invariant or description holds one of them.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const { positionals: wanted } = parseArgs({ allowPositionals: true });
const LEFT_OUT = new Set(['node_modules', '.leadwire', '.git']);
const REMOVALS: readonly Removal[] = [
  ...OFFERS,
  ...AMBIGUITY,
  ...CAPS,
  ...MONEY,
  ...BUYERS,
  ...ALERTS,
  ...STARTS,
  ...PINGS,
  ...EVENTS,
  ...DISCRETION,
];
const RUN_TIMEOUT_MS = 300_000;

interface Run {
  passed: number;
  failed: number;
  /** Title of the first test that failed. */
  noticedBy: string;
  output: string;
}

async function main(): Promise<number> {
  const removals = REMOVALS.filter(
    ({ invariant, what }) => wanted.length === 0 || wanted.some((word) => invariant === word || what.includes(word)),
  );
  if (removals.length === 0) throw new Error(`No removal is about ${wanted.join(' or ')}`);
  const originals = new Map<Removal, string>();
  for (const removal of removals) originals.set(removal, await readOriginal(removal));

  const copy = await mkdtemp(join(tmpdir(), 'leadwire-proofs-'));
  try {
    await copyTree(copy);
    return await withThrowawayStack(({ mongoUri, temporalAddress }) =>
      proveAll(removals, copy, originals, {
        ...process.env,
        MONGODB_URI: mongoUri,
        TEMPORAL_ADDRESS: temporalAddress,
      }),
    );
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function proveAll(
  removals: readonly Removal[],
  copy: string,
  originals: ReadonlyMap<Removal, string>,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const files = [...new Set(removals.flatMap(({ tests }) => tests))];
  console.log(`As it is: ${files.join(', ')}`);
  const whole = await runTests(copy, env, files, undefined);
  if (whole.failed > 0 || whole.passed === 0) {
    console.log(whole.output);
    console.log('The tests fail as it is: nothing can be proved.');
    return 1;
  }
  let unproved = 0;
  for (const removal of removals) {
    if (!(await prove(removal, copy, originals.get(removal)!, env))) unproved++;
  }
  console.log(`${removals.length - unproved} passed, ${unproved} failed`);
  return unproved;
}

/** The file as it is; throws when the text to remove is not in it exactly once. */
async function readOriginal({ file, find, what }: Removal): Promise<string> {
  const text = await readFile(join(root, file), 'utf8');
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`"${what}" is out of date: its text is ${found} times in ${file}`);
  return text;
}

async function copyTree(copy: string): Promise<void> {
  const filter = (path: string): boolean => !LEFT_OUT.has(relative(root, path).split(sep)[0] ?? '');
  await cp(root, copy, { recursive: true, filter });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
}

async function prove(removal: Removal, copy: string, original: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { invariant, what, file, find, replace, tests, grep } = removal;
  const path = join(copy, file);
  await writeFile(
    path,
    original.replace(find, () => replace),
  );
  const run = await runTests(copy, env, tests, grep);
  await writeFile(path, original);
  // A process that ended before it could say which test failed has noticed nothing.
  const noticed = run.failed > 0 && run.noticedBy !== '';
  const verdict = noticed ? 'noticed' : run.passed > 0 ? 'NOT NOTICED' : 'NO TEST RAN';
  console.log(`${invariant.padEnd(6)} ${verdict.padEnd(11)} ${what}${noticed ? `  ← ${run.noticedBy}` : ''}`);
  if (!noticed && run.passed === 0) console.log(run.output);
  return noticed;
}

/** Ends at the first failure. A run that breaks before it counts its tests has noticed nothing. */
function runTests(
  folder: string,
  env: NodeJS.ProcessEnv,
  files: readonly string[],
  grep: string | undefined,
): Promise<Run> {
  const narrowed = grep === undefined ? [] : ['--grep', grep];
  const script = [join(folder, 'test', 'run.ts'), 'quick', ...files, '--bail', ...narrowed];
  const child = spawn(process.execPath, ['--import', 'tsx', ...script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      const [, passed = '0', failed = '0'] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
      const noticedBy = /^\s+1\) (.+)$/m.exec(output)?.[1] ?? '';
      resolve({ passed: Number(passed), failed: Number(failed), noticedBy, output });
    });
  });
}

main().then(
  (unproved) => process.exit(unproved > 0 ? 1 : 0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
