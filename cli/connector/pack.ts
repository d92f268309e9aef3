import type { Npm } from './npm.ts';

/**
 * The tarball of the package in npm's folder, made without running any script of it. Returns its file name.
 *
 * @param into folder for the tarball
 */
export async function pack(npm: Npm, into: string): Promise<string> {
  return fileOf(await npm.run(['pack', '--json', '--pack-destination', into]));
}

/**
 * The tarball of a published package. Undefined when there is none.
 *
 * @param spec `<name>@<range>`
 * @param more options of npm
 */
export async function download(
  npm: Npm,
  spec: string,
  into: string,
  more: readonly string[] = [],
): Promise<string | undefined> {
  const stdout = await npm.find(['pack', spec, '--json', '--pack-destination', into, ...more]);
  return stdout === undefined ? undefined : fileOf(stdout);
}

function fileOf(stdout: string): string {
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  // A scope's slash is none in a file's name.
  return (packed?.filename ?? '').replace(/^@/, '').replace('/', '-');
}
