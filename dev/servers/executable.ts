import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const SUFFIXES = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];

/** The absolute path of the first of `names` on `env.PATH`, or undefined. */
export async function findOnPath(env: NodeJS.ProcessEnv, ...names: string[]): Promise<string | undefined> {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const name of names) {
    for (const folder of folders) {
      const found = await firstExecutable(SUFFIXES.map((suffix) => join(folder, name + suffix)));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first of `paths` that is a file this user may run, or undefined. */
export async function firstExecutable(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not there, or not for this user: the next one.
    }
  }
  return undefined;
}
