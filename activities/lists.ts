import { LRUCache } from 'lru-cache';
import type { ListEntryRecord, ListRecord, ListType } from '../models/list.ts';
import type { LeadModels } from '../models/models.ts';
import { native } from '../models/native.ts';
import { createListReader, listKey } from '../rules/list-value.ts';

/** Default of `ListOptions.small`. */
const SMALL = 20_000;

export interface ListOptions {
  /** Lists up to this many values are held in memory; of others each lead's values are looked up. */
  small?: number;
  ttlMs?: number;
}

/** A list that was asked about: whether it exists, and what it has of the values asked for. */
export interface ListAnswers {
  exists(list: string): boolean;
  has(list: string, value: unknown): boolean;
}

export interface Lists {
  /** Looks values up, in one read for all of them. What was not asked for is in no list. */
  ask(questions: readonly { list: string; value: unknown }[]): Promise<ListAnswers>;
}

interface KnownList extends ListRecord {
  /** Keys of a small list's values. */
  keys?: ReadonlySet<string>;
}

/** The stored lists; a new import is noticed within `ttlMs`. */
export function createLists(
  { lists, listEntries }: Pick<LeadModels, 'lists' | 'listEntries'>,
  { small: most = SMALL, ttlMs = 1000 }: ListOptions = {},
): Lists {
  const known = new LRUCache<string, KnownList | false>({ max: 1000, ttl: ttlMs });
  const small = new LRUCache<string, ReadonlySet<string>>({ max: 100 });
  const readers = new Map<ListType, ReturnType<typeof createListReader>>();
  const entriesOf = (filter: object) => native<ListEntryRecord>(listEntries).find(filter).toArray();

  function readerOf(type: ListType) {
    const reader = readers.get(type) ?? createListReader(type);
    readers.set(type, reader);
    return reader;
  }

  async function recordsOf(ids: readonly string[]): Promise<Map<string, KnownList>> {
    const missing = ids.filter((id) => known.get(id) === undefined);
    const found = missing.length > 0 ? await lists.find({ _id: { $in: missing } }).lean() : [];
    for (const id of missing) {
      const record = found.find(({ _id }) => _id === id);
      known.set(id, record ? { ...record, ...(await keysOf(record)) } : false);
    }
    return new Map(
      ids.flatMap((id): [string, KnownList][] => {
        const record = known.get(id);
        return record ? [[id, record]] : [];
      }),
    );
  }

  async function keysOf({ _id, version, count }: ListRecord): Promise<Pick<KnownList, 'keys'>> {
    if (count > most) return {};
    const prefix = `${_id}:${version}:`;
    const held = small.get(prefix);
    if (held) return { keys: held };
    const entries = await entriesOf({ _id: { $gte: prefix, $lt: `${_id}:${version};` } });
    const keys = new Set(entries.map((entry) => entry._id.slice(prefix.length)));
    small.set(prefix, keys);
    return { keys };
  }

  return {
    async ask(questions) {
      const records = await recordsOf([...new Set(questions.map(({ list }) => list))]);
      const answers = new Set<string>();
      const wanted: string[] = [];
      const idOf = (list: string, value: unknown) => {
        const record = records.get(list);
        const read = record && readerOf(record.type)(value);
        return record && read !== undefined ? { record, key: listKey(read) } : undefined;
      };
      for (const { list, value } of questions) {
        const asked = idOf(list, value);
        if (!asked) continue;
        const id = `${list}:${asked.record.version}:${asked.key}`;
        if (!asked.record.keys) wanted.push(id);
        else if (asked.record.keys.has(asked.key)) answers.add(id);
      }
      if (wanted.length > 0) {
        for (const { _id } of await entriesOf({ _id: { $in: wanted } })) answers.add(_id);
      }
      return {
        exists: (list) => records.has(list),
        has(list, value) {
          const asked = idOf(list, value);
          return asked !== undefined && answers.has(`${list}:${asked.record.version}:${asked.key}`);
        },
      };
    },
  };
}
