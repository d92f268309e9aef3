import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { mongo, type Connection } from 'mongoose';
import { BACKUP_FORMAT, BACKUP_VERSION, type Counts } from './backup-format.ts';

const CHUNK_CHARACTERS = 65_536;
/** Written last on a restore: a node that looks at a half-restored database finds no configuration in it. */
export const HEAD = 'config_head';
/** Keeps every number, date and binary value exactly as it is stored. */
const EXACT = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

export interface BackupDeps {
  connection: Connection;
  now?: () => number;
}

/**
 * Streams every collection of the database into a gzipped file of EJSON lines, readable by its owner only: it holds
 * personal data. Collections are read one after the other, so a deployment that takes leads meanwhile is not caught at
 * one instant. Returns the number of documents by collection. An unfinished file is never left under `path`.
 */
export async function writeBackup({ connection, now = Date.now }: BackupDeps, path: string): Promise<Counts> {
  const partial = `${path}.partial`;
  const counts: Counts = {};
  try {
    const lines = Readable.from(chunksOf(backupLines(databaseOf(connection), new Date(now()), counts)));
    await pipeline(lines, createGzip(), createWriteStream(partial, { mode: 0o600 }));
    await syncToDisk(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return counts;
}

export function databaseOf(connection: Connection): mongo.Db {
  if (!connection.db) throw new Error('The connection to MongoDB is not open');
  return connection.db;
}

/** Names of the collections that hold data, the server's own left out. */
export async function collectionNames(db: mongo.Db): Promise<string[]> {
  const found = await db.listCollections().toArray();
  return found
    .filter(({ name, type }) => type !== 'view' && !name.startsWith('system.'))
    .map(({ name }) => name)
    .sort();
}

async function* backupLines(db: mongo.Db, at: Date, counts: Counts): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const hashed = (text: string) => {
    hash.update(text);
    return text;
  };
  const row = (name: string, document: mongo.Document) =>
    hashed(`${mongo.BSON.EJSON.stringify({ c: name, d: document }, { relaxed: false })}\n`);
  yield hashed(`${JSON.stringify({ format: BACKUP_FORMAT, version: BACKUP_VERSION, at: at.toISOString() })}\n`);

  // Read first: whatever version it names, its snapshot was written before it and is read after it.
  const heads = await db.collection(HEAD).find({}, EXACT).toArray();
  for (const name of await collectionNames(db)) {
    if (name === HEAD) continue;
    counts[name] = 0;
    for await (const document of db.collection(name).find({}, EXACT)) {
      counts[name]++;
      yield row(name, document);
    }
  }
  counts[HEAD] = heads.length;
  for (const head of heads) yield row(HEAD, head);
  yield `${JSON.stringify({ end: true, counts, sha256: hash.digest('hex') })}\n`;
}

/** Thousands of short lines cost a stream far more than few long pieces. */
async function* chunksOf(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function syncToDisk(path: string) {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
