import { mongo, type Connection } from 'mongoose';
import { DamagedBackup, readBackup, type Counts } from './backup-format.ts';
import { collectionNames, databaseOf, HEAD } from './backup.ts';

const BATCH_DOCUMENTS = 500;
const BATCH_CHARACTERS = 4_000_000;

export interface RestoreDeps {
  connection: Connection;
  /** Creates the indexes anew, once everything is in. */
  ensureIndexes(): Promise<void>;
}

export type Restored =
  | { outcome: 'restored'; counts: Counts }
  /** Nothing was touched: the database holds documents already. */
  | { outcome: 'not_empty'; collections: string[] }
  /** Nothing was touched: the file is no whole backup. */
  | { outcome: 'damaged'; reason: string };

/**
 * Loads a backup into an empty database; with `force` a full one is emptied first. The whole file is verified before
 * anything is written. A fault half-way (throws) leaves a database without a configuration head, which no node runs on.
 */
export async function restoreBackup(
  { connection, ensureIndexes }: RestoreDeps,
  path: string,
  { force = false }: { force?: boolean } = {},
): Promise<Restored> {
  const db = databaseOf(connection);
  try {
    for await (const row of readBackup(path)) void row;
  } catch (error) {
    if (error instanceof DamagedBackup) return { outcome: 'damaged', reason: error.message };
    throw error;
  }
  const full = await collectionsWithDocuments(db);
  if (full.length > 0 && !force) return { outcome: 'not_empty', collections: full };
  const doomed = await collectionNames(db);
  if (doomed.includes(HEAD)) await db.dropCollection(HEAD);
  for (const name of doomed) if (name !== HEAD) await db.dropCollection(name);
  const counts = await load(db, path);
  await ensureIndexes();
  return { outcome: 'restored', counts };
}

async function collectionsWithDocuments(db: mongo.Db): Promise<string[]> {
  const full: string[] = [];
  for (const name of await collectionNames(db)) {
    if (await db.collection(name).findOne({}, { projection: { _id: 1 } })) full.push(name);
  }
  return full;
}

async function load(db: mongo.Db, path: string): Promise<Counts> {
  const counts: Counts = {};
  let batch: mongo.Document[] = [];
  let characters = 0;
  let into = '';

  async function flush() {
    if (batch.length > 0) await db.collection(into).insertMany(batch, { ordered: false });
    counts[into] = (counts[into] ?? 0) + batch.length;
    batch = [];
    characters = 0;
  }

  for await (const { collection, line } of readBackup(path)) {
    const isFull = batch.length >= BATCH_DOCUMENTS || characters >= BATCH_CHARACTERS;
    if (into !== '' && (isFull || collection !== into)) await flush();
    into = collection;
    batch.push((mongo.BSON.EJSON.parse(line, { relaxed: false }) as { d: mongo.Document }).d);
    characters += line.length;
  }
  if (into !== '') await flush();
  return counts;
}
