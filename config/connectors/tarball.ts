import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { MAX_TARBALL_BYTES } from './registry.ts';

/** The files of a package by their path in it: `connector.json`, `test/exemplary/…`. */
export type PackageFiles = ReadonlyMap<string, Buffer>;

export const MAX_UNPACKED_BYTES = 10 * 1024 * 1024;
export const MAX_FILES = 1000;
const MAX_PATH = 200;
/** Plain names below the package's folder: nothing that any system reads as a way out of it. */
const PLAIN = /^(?:[A-Za-z0-9_@+~-][A-Za-z0-9_@+~ .,()-]*\/)*[A-Za-z0-9_@+~.-][A-Za-z0-9_@+~ .,()-]*$/;

/**
 * The files of a tarball, read in memory; nothing of it is run or written anywhere.
 *
 * @throws LeadwireError `package_invalid`: too large, no tarball, or entries that are no plain files in their place
 */
export async function readTarball(tarball: Buffer): Promise<PackageFiles> {
  if (tarball.length > MAX_TARBALL_BYTES) throw invalid(`is larger than ${MAX_TARBALL_BYTES} bytes`);
  const plain = unzip(tarball);
  const files = new Map<string, Buffer>();
  let wrong: string | undefined;

  const take = (entry: ReadEntry) => {
    if (entry.type === 'Directory') return void entry.resume();
    const path = pathIn(entry.path);
    if (entry.type !== 'File' && entry.type !== 'OldFile') wrong ??= `holds a ${entry.type}`;
    else if (path === undefined) wrong ??= 'holds a path that leads elsewhere';
    else if (files.has(path)) wrong ??= `holds ${path} twice`;
    else if (files.size >= MAX_FILES) wrong ??= `holds more than ${MAX_FILES} files`;
    else {
      const chunks: Buffer[] = [];
      // Its place is taken now, its bytes come one entry after the other.
      files.set(path, Buffer.alloc(0));
      entry.on('data', (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)));
      entry.on('end', () => files.set(path, Buffer.concat(chunks)));
      return;
    }
    entry.resume();
  };

  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({ strict: true });
    parser.on('entry', take);
    parser.on('end', () => resolve());
    parser.on('error', () => reject(invalid('is no tarball')));
    parser.end(plain);
  });
  const paths = [...files.keys()];
  const folder = paths.find((path) => paths.some((other) => other.startsWith(`${path}/`)));
  if (folder !== undefined) wrong ??= `holds ${folder} as a file and as a folder`;
  if (wrong !== undefined) throw invalid(wrong);
  return files;
}

/**
 * Lends a folder that holds the files to who can only read folders, and takes it away again.
 *
 * @param work gets its address, which ends in /
 */
export async function inFolder<Result>(files: PackageFiles, work: (folder: URL) => Promise<Result>): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), 'leadwire-connector-'));
  try {
    for (const [path, content] of files) {
      const place = join(root, path);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, content, { mode: 0o600 });
    }
    return await work(pathToFileURL(root + sep));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function unzip(tarball: Buffer): Buffer {
  try {
    const plain = gunzipSync(tarball, { maxOutputLength: MAX_UNPACKED_BYTES });
    // The reader would unzip again what is zipped twice.
    if (plain.toString('latin1', 257, 262) !== 'ustar') throw invalid('is no tarball');
    return plain;
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw invalid(tooLarge ? `holds more than ${MAX_UNPACKED_BYTES} bytes` : 'is no tarball');
  }
}

/** npm puts everything into one folder, whatever its name. */
function pathIn(path: string): string | undefined {
  const inside = path.slice(path.indexOf('/') + 1);
  const isPlain = path.includes('/') && !path.startsWith('/') && inside.length <= MAX_PATH && PLAIN.test(inside);
  return isPlain && !path.split('/').some((part) => part === '..' || part === '.') ? inside : undefined;
}

function invalid(what: string): LeadwireError {
  return new LeadwireError('package_invalid', { message: `The package ${what}` });
}
