import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

export const BACKUP_FORMAT = 'leadwire-backup';
export const BACKUP_VERSION = 1;
/** Longer than any document (16 MB) can be as text. */
const MAX_LINE_BYTES = 128 * 1024 * 1024;

/** Documents by collection. */
export type Counts = Record<string, number>;

/** One document of a backup, as text still. */
export interface BackupRow {
  collection: string;
  line: string;
}

/** Why a file is no whole backup. */
export class DamagedBackup extends Error {
  override readonly name = 'DamagedBackup';
}

/**
 * The rows of a backup. Everything is streamed, so rows are handed out before the end of the file proves them whole;
 * throws {@link DamagedBackup} there (or earlier) when the file is truncated, altered or something else.
 */
export async function* readBackup(path: string): AsyncGenerator<BackupRow> {
  const hash = createHash('sha256');
  const counts: Counts = {};
  let lines = 0;
  let end: { counts: Counts; sha256: string } | undefined;

  for await (const line of linesOf(path)) {
    if (end) throw new DamagedBackup('there is more after the end');
    const row = parseLine(line, ++lines);
    if (lines === 1) checkHeader(row);
    else if (row.end === true) end = { counts: row.counts as Counts, sha256: String(row.sha256) };
    else if (typeof row.c !== 'string') throw new DamagedBackup(`line ${lines} names no collection`);
    else {
      counts[row.c] = (counts[row.c] ?? 0) + 1;
      yield { collection: row.c, line };
    }
    if (!end) hash.update(`${line}\n`);
  }
  if (!end) throw new DamagedBackup('it is cut off');
  if (hash.digest('hex') !== end.sha256) throw new DamagedBackup('its checksum does not match');
  for (const [name, count] of Object.entries(end.counts)) {
    if ((counts[name] ?? 0) !== count) throw new DamagedBackup(`it holds ${counts[name] ?? 0} of ${count} ${name}`);
  }
}

function checkHeader(header: Record<string, unknown>) {
  if (header.format !== BACKUP_FORMAT) throw new DamagedBackup('it is not a Leadwire backup');
  if (header.version !== BACKUP_VERSION) throw new DamagedBackup(`its version is not ${BACKUP_VERSION}`);
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, with the number of the line: the text may hold personal data.
  }
  throw new DamagedBackup(number === 1 ? 'it is not a Leadwire backup' : `line ${number} cannot be read`);
}

/** Lines of a gzipped file. Only a line feed ends one: JSON text may hold every other kind of line end. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  let rest: Buffer[] = [];
  let restBytes = 0;
  try {
    for await (const chunk of file.pipe(gunzip) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, at)]).toString('utf8');
        rest = [];
        restBytes = 0;
        start = at + 1;
      }
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > MAX_LINE_BYTES) throw new DamagedBackup('a line is too long');
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('Z_')) throw new DamagedBackup(code === 'Z_BUF_ERROR' ? 'it is cut off' : 'it is not gzip');
    throw error;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
  if (restBytes > 0) throw new DamagedBackup('it is cut off');
}
