import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import type { ListEntryRecord, ListRecord, ListType } from '../../models/list.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { createListReader, listKey } from '../../rules/list-value.ts';
import { CommandFailure } from '../terminal.ts';

type Models = Pick<LeadModels, 'lists' | 'listEntries'>;

const BATCH_SIZE = 5_000;

export interface ListImport {
  list: string;
  path: string;
  type: ListType;
  /** Header of the column that holds the values. Default: the first column, and no header. */
  column?: string;
  by: string;
  /** Values written at once. Default 5000. */
  batchSize?: number;
}

export interface Imported {
  /** Different values. */
  count: number;
  /** Lines whose value is none of the list's type: how many, and the first of them. */
  unreadable: number;
  firstUnreadable?: number;
}

/**
 * Reads a file line by line into a new version of a list, then lets it take the old one's place. Rules ask the old
 * version until then; a file without a single value changes nothing.
 */
export async function importList(
  models: Models,
  { list, path, type, column, by, batchSize = BATCH_SIZE }: ListImport,
): Promise<Imported> {
  const entries = native<ListEntryRecord>(models.listEntries);
  const version = randomBytes(8).toString('hex');
  const read = createListReader(type);
  const imported: Imported = { count: 0, unreadable: 0 };
  let batch: ListEntryRecord[] = [];
  let line = column === undefined ? 0 : 1;
  for await (const row of rowsOf(path, column)) {
    line++;
    const value = read(column === undefined ? (row as string[])[0] : (row as Record<string, string>)[column]);
    if (value === undefined) {
      imported.unreadable++;
      imported.firstUnreadable ??= line;
      continue;
    }
    batch.push({ _id: `${list}:${version}:${listKey(value)}` });
    if (batch.length < batchSize) continue;
    imported.count += await insertNew(entries, batch);
    batch = [];
  }
  imported.count += await insertNew(entries, batch);
  if (imported.count === 0) throw new CommandFailure([`${path} holds no ${type}; ${list} stays as it was`]);

  const previous = await models.lists.findById(list).lean();
  const record: Omit<ListRecord, '_id'> = {
    ...{ type, version, count: imported.count, importedAt: new Date(), by },
    ...(previous ? { previous: previous.version } : {}),
  };
  await native<ListRecord>(models.lists).replaceOne({ _id: list }, record, { upsert: true });
  await removeEntries(models, list, [version, previous?.version]);
  return imported;
}

/** Takes a list away with all its entries. `false`: there is none. */
export async function removeList(models: Models, list: string): Promise<boolean> {
  const { deletedCount } = await models.lists.deleteOne({ _id: list });
  await removeEntries(models, list, []);
  return deletedCount > 0;
}

/** Whether a list has a value. */
export async function listHas(models: Models, { _id, type, version }: ListRecord, value: string): Promise<boolean> {
  const read = createListReader(type)(value);
  if (read === undefined) throw new CommandFailure([`that is no ${type}`]);
  return (await models.listEntries.findById(`${_id}:${version}:${listKey(read)}`).lean()) !== null;
}

function rowsOf(path: string, column: string | undefined): AsyncIterable<unknown> {
  const source = createReadStream(path);
  const rows = source.pipe(
    parse({ bom: true, columns: column !== undefined, relax_column_count: true, skip_empty_lines: true, trim: true }),
  );
  source.on('error', (error) => rows.destroy(error));
  return rows;
}

type Entries = ReturnType<typeof native<ListEntryRecord>>;

/** Inserts what is not there yet, and says how many that were. */
async function insertNew(entries: Entries, batch: readonly ListEntryRecord[]): Promise<number> {
  if (batch.length === 0) return 0;
  const different = new Map(batch.map((entry) => [entry._id, entry]));
  try {
    return (await entries.insertMany([...different.values()], { ordered: false })).insertedCount;
  } catch (error) {
    // Values of earlier batches are there already; the others were inserted.
    const faults = [(error as { writeErrors?: unknown }).writeErrors ?? []].flat() as { code?: number }[];
    if (faults.length === 0 || faults.some(({ code }) => code !== 11000)) throw error;
    return different.size - faults.length;
  }
}

/** Removes the entries of every version but these. */
async function removeEntries(models: Models, list: string, keep: readonly (string | undefined)[]): Promise<void> {
  const entries = native<ListEntryRecord>(models.listEntries);
  // ';' follows ':': between two kept versions everything goes.
  let from = `${list}:`;
  for (const version of keep.flatMap((kept) => kept ?? []).sort()) {
    await entries.deleteMany({ _id: { $gte: from, $lt: `${list}:${version}:` } });
    from = `${list}:${version};`;
  }
  await entries.deleteMany({ _id: { $gte: from, $lt: `${list};` } });
}
