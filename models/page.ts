import type { Model } from 'mongoose';
import { native } from './native.ts';
import { beyond, type Position } from './position.ts';

const MAX_MS = 10_000;

export interface PageWanted {
  limit: number;
  /** `oldest` or `newest` first. */
  order: 'oldest' | 'newest';
  /** Where the page before ended. */
  after?: Position | undefined;
}

export interface Page<Item> {
  records: Item[];
  /** Where the next page begins; absent when there is none. */
  next?: Position;
}

/** One page of the records that all conditions hold for, in the order in which they were made. */
export async function readPage<Item extends { _id: string; createdAt: Date }>(
  model: Pick<Model<Item>, 'collection'>,
  conditions: readonly Record<string, unknown>[],
  { limit, order, after }: PageWanted,
): Promise<Page<Item>> {
  const way = order === 'newest' ? -1 : 1;
  const all = [...conditions, ...(after === undefined ? [] : [beyond('createdAt', after, way === 1 ? '$gt' : '$lt')])];
  const found = (await native<Item>(model)
    .find({ $and: all } as never, { sort: { createdAt: way, _id: way }, limit: limit + 1, maxTimeMS: MAX_MS })
    .toArray()) as Item[];
  const records = found.slice(0, limit);
  const last = records.at(-1);
  return found.length > limit && last ? { records, next: { at: last.createdAt, id: last._id } } : { records };
}
