import Mocha from 'mocha';
import { installTemporalRuntime } from '../server/temporal/runtime.ts';
import { answersHere, type AnswersHere } from './api/answers-seen.ts';

/** What test/run.ts asks a lane for: to run one file. */
export interface LaneTask {
  file: string;
  grep?: string;
  bail: boolean;
}

/** What became of the file. */
export interface LaneResult {
  passed: number;
  failed: number;
  /** What failed, each with its title and the error. */
  failures: string[];
  /** All that was printed meanwhile. */
  output: string;
  /** Of all files that this lane has run. */
  answers: AnswersHere;
}

/*
 * A process that runs test files one after another, as it is told. What they print goes to whoever asked, and not out:
 * lanes beside each other would print across each other.
 */
let output = '';
process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
  output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  for (const argument of rest) if (typeof argument === 'function') argument();
  return true;
}) as typeof process.stdout.write;

installTemporalRuntime();
process.on('message', (task: LaneTask) => {
  void run(task).then((result) => process.send?.(result));
});
// Whoever asked is gone.
process.on('disconnect', () => process.exit());

async function run({ file, grep, bail }: LaneTask): Promise<LaneResult> {
  output = '';
  const mocha = new Mocha({ timeout: 60_000, reporter: 'spec', forbidOnly: true, forbidPending: true });
  if (grep !== undefined) mocha.fgrep(grep);
  mocha.bail(bail);
  mocha.addFile(file);
  await mocha.loadFilesAsync();
  return new Promise((resolve) => {
    let passed = 0;
    const failures: string[] = [];
    const runner = mocha.run((failed) => resolve({ passed, failed, failures, output, answers: answersHere() }));
    runner.on('pass', () => passed++);
    runner.on('fail', (test, error: Error) => failures.push(`${test.fullTitle()}\n${error.stack ?? error.message}`));
  });
}
