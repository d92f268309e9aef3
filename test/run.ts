import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';
import { withThrowawayStack } from '../dev/servers/throwaway.ts';
import { unseenAnswers } from './api/answers-seen.ts';

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

async function main(): Promise<number> {
  installTemporalRuntime();
  return withThrowawayStack(async ({ mongoUri, temporalAddress }) => {
    process.env['MONGODB_URI'] = mongoUri;
    process.env['TEMPORAL_ADDRESS'] = temporalAddress;
    return runMocha();
  });
}

async function runMocha(): Promise<number> {
  const mocha = new Mocha({ timeout: 60_000, reporter: 'spec', forbidOnly: true, forbidPending: true });
  if (options.grep) mocha.fgrep(options.grep);
  mocha.bail(options.bail);
  for (const file of await testFiles()) mocha.addFile(file);
  await mocha.loadFilesAsync();
  return new Promise((resolve) => {
    let passed = 0;
    const runner = mocha.run((failures) => {
      console.log(`${passed} passed, ${failures} failed`);
      const unseen = options.answers || (isWhole && failures === 0) ? unseenAnswers() : [];
      for (const answer of unseen) console.log(`Documented in /openapi.json, and seen by no test: ${answer}`);
      resolve(failures + (isWhole ? unseen.length : 0));
    });
    runner.on('pass', () => passed++);
  });
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
