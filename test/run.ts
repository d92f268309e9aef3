import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';
import { startStack } from '../dev/servers/stack.ts';

/**
 * Runs the tests against real servers, started here and ended with the run. `quick` is `npm test`; `full` adds the
 * files named *.full.test.ts, which take longer. File names given after that narrow the run, `--grep` to tests whose
 * title holds a text; `--bail` ends it at the first failure.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string' }, bail: { type: 'boolean', default: false } },
});
const [scope = 'quick', ...wanted] = positionals;

async function main(): Promise<number> {
  installTemporalRuntime();
  const fetchDir = join(root, '.leadwire');
  await mkdir(fetchDir, { recursive: true });
  // Data of its own, so that runs neither wait for each other nor meet what an earlier one left.
  const dataDir = await mkdtemp(join(fetchDir, 'test-'));
  const stack = await startStack({
    dataDir,
    fetchDir,
    env: process.env,
    ports: { mongo: 0, temporal: 0, temporalUi: 0 },
    log: (line) => console.log(line),
    searchAttributes: {},
  });
  process.env['MONGODB_URI'] = stack.mongoUri;
  process.env['TEMPORAL_ADDRESS'] = stack.temporalAddress;
  let failed = false;
  try {
    return await runMocha();
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await stack.stop().catch((error: Error) => {
      if (!failed) throw error;
    });
    await rm(dataDir, { recursive: true, force: true });
  }
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
      resolve(failures);
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
