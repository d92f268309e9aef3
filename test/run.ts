import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { withThrowawayStack } from '../dev/servers/throwaway.ts';
import { takeOver, unseenAnswers } from './api/answers-seen.ts';
import type { LaneResult, LaneTask } from './lane.ts';

/**
 * Runs the tests against real servers, started here and ended with the run. `quick` is `npm test`; `full` adds the
 * files named *.full.test.ts, which take longer. File names given after that narrow the run, `--grep` to tests whose
 * title holds a text; `--bail` ends it at the first failure. A whole run also fails for answers that the OpenAPI document
 * has and no test saw; `--answers` lists them after any run.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    bail: { type: 'boolean', default: false },
    answers: { type: 'boolean', default: false },
  },
});
const [scope = 'quick', ...wanted] = positionals;
const isWhole = wanted.length === 0 && options.grep === undefined && !options.bail;

/** Files that run at a time. Most of a test is waiting; more than two keep each other from the processor. */
const LANES = 2;
const LANE = fileURLToPath(new URL('lane.ts', import.meta.url));

async function main(): Promise<number> {
  return withThrowawayStack(async ({ mongoUri, temporalAddress }) => {
    process.env['MONGODB_URI'] = mongoUri;
    process.env['TEMPORAL_ADDRESS'] = temporalAddress;
    return runFiles(await testFiles());
  });
}

/** Runs the files in so many processes, each the next one that is left. */
async function runFiles(files: readonly string[]): Promise<number> {
  const left = [...files];
  const failing: string[] = [];
  let passed = 0;
  let failed = 0;
  const runLane = async () => {
    let lane: ChildProcess | undefined;
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      lane ??= startLane();
      const result = await runFile(lane, { file, bail: options.bail, ...(options.grep ? { grep: options.grep } : {}) });
      if (!result) lane = undefined;
      passed += result?.passed ?? 0;
      failed += result?.failed ?? 1;
      if (result?.failed !== 0) failing.push([relative(root, file), ...(result?.failures ?? [])].join('\n'));
      if (result) takeOver(result.answers);
      console.log(result ? result.output.trimEnd() : `  ${relative(root, file)}: its process ended`);
      if (options.bail && failed > 0) left.length = 0;
    }
    lane?.disconnect();
  };
  await Promise.all(Array.from({ length: LANES }, runLane));
  // Said again at the end: what a lane printed of it is thousands of lines up by now.
  for (const failure of failing) console.log(`\nFailed: ${failure}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  const unseen = options.answers || (isWhole && failed === 0) ? unseenAnswers() : [];
  for (const answer of unseen) console.log(`Documented in /openapi.json, and seen by no test: ${answer}`);
  return failed + (isWhole ? unseen.length : 0);
}

function startLane(): ChildProcess {
  return fork(LANE, { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
}

/** Undefined when the process ended meanwhile. */
async function runFile(lane: ChildProcess, task: LaneTask): Promise<LaneResult | undefined> {
  const ended = new AbortController();
  lane.send(task);
  try {
    return await Promise.race([
      once(lane, 'message', { signal: ended.signal }).then(([result]) => result as LaneResult),
      once(lane, 'exit', { signal: ended.signal }).then(() => undefined),
    ]);
  } finally {
    ended.abort();
  }
}

async function testFiles(): Promise<string[]> {
  const files = await readdir(join(root, 'test'), { recursive: true });
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(root, 'test', file))
    .filter((file) => scope === 'full' || !file.endsWith('.full.test.ts'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
}

main().then(
  (failures) => process.exit(failures > 0 ? 1 : 0),
  (error: Error) => {
    console.error(error.name === 'StackError' ? error.message : error.stack);
    process.exit(1);
  },
);
