import { native } from '../../models/native.ts';

const BATCH = 500;

/** Records by their ids; those that are not there are absent. */
export async function byId<T extends { _id: string }>(
  model: Parameters<typeof native<T>>[0],
  ids: readonly string[],
): Promise<Map<string, T>> {
  const found = (await native<T>(model)
    .find({ _id: { $in: [...ids] } } as never)
    .toArray()) as T[];
  return new Map(found.map((record) => [record._id, record]));
}

/** Records in batches, so that what belongs to them is read together. */
export async function* batches<T>(cursor: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const record of cursor) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
