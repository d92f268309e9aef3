import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CommandFailure } from '../terminal.ts';

/**
 * The tarball of a package, made by npm without running any script of it. Returns its file name.
 *
 * @param into folder for the tarball
 */
export async function pack(folder: URL, into: string): Promise<string> {
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', into];
  try {
    const { stdout } = await promisify(execFile)('npm', argv, { cwd: fileURLToPath(folder) });
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    return packed?.filename ?? '';
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new CommandFailure([`npm could not pack it: ${stderr.trim() || message}`]);
  }
}
