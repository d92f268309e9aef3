import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandFailure, type Terminal } from '../terminal.ts';

export interface Npm {
  /** Standard output; where npm fails, what it said ends the command. */
  run(argv: readonly string[]): Promise<string>;
  /** The same, and undefined for a package, or a version of it, that the registry does not have. */
  find(argv: readonly string[]): Promise<string | undefined>;
}

/**
 * npm as the author has it: its configuration, registries and credentials are those of their shell. No script of a
 * package is run.
 *
 * @param cwd whose .npmrc counts
 */
export function createNpm(cwd: string, { variables }: Pick<Terminal, 'variables'>): Npm {
  const start = (argv: readonly string[]) =>
    promisify(execFile)('npm', [...argv, '--ignore-scripts'], {
      cwd,
      env: { ...process.env, ...variables },
      maxBuffer: 64 * 1024 * 1024,
    });

  const failure = (argv: readonly string[], error: unknown) => {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = stderr
      .split('\n')
      .filter((line) => /^npm error/i.test(line) && !/complete log|debug-0\.log/i.test(line))
      .map((line) => line.trim());
    return new CommandFailure([`npm ${argv[0]} failed`, ...(said.length > 0 ? said : [stderr.trim() || message])]);
  };

  return {
    async run(argv) {
      try {
        return (await start(argv)).stdout;
      } catch (error) {
        throw failure(argv, error);
      }
    },
    async find(argv) {
      try {
        return (await start(argv)).stdout;
      } catch (error) {
        if (/\b(?:E404|ETARGET)\b/.test((error as { stderr?: string }).stderr ?? '')) return undefined;
        throw failure(argv, error);
      }
    },
  };
}
