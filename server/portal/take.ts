import { randomUUID } from 'node:crypto';
import { native } from '../../models/native.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { PortalModel, PortalRecord } from '../../models/portal.ts';

/**
 * Marks leads as taken. Of two that take one at a time only the first has taken it.
 *
 * @param key id of the key that takes them
 * @returns the ids of those that were taken now
 */
export async function takeLeads(
  portal: PortalModel,
  ids: readonly string[],
  key: string,
  now: Date,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const taking = randomUUID();
  const records = native<PortalRecord>(portal);
  const taken = { state: 'taken', takenAt: now, takenBy: key, taking } as const;
  await untilAnswered(() => records.updateMany({ _id: { $in: [...ids] }, state: 'new' }, { $set: taken }));
  const own = await untilAnswered(() =>
    records
      .find({ _id: { $in: [...ids] }, taking })
      .project<{ _id: string }>({ _id: 1 })
      .toArray(),
  );
  return new Set(own.map(({ _id }) => _id));
}
