import type { LeadModels } from './models.ts';
import { postbackRow, putRow } from './outbox.ts';
import type { PostbackRecord } from './postback.ts';

/** Which failed postbacks are tried anew; none of them: all. */
export interface ReplaySearch {
  id?: string | undefined;
  endpoint?: string | undefined;
  /** When they were made: not before `from`, before `to`. */
  from?: Date | undefined;
  to?: Date | undefined;
}

/**
 * Makes failed postbacks be tried anew, from the first attempt on and with the ids they had. An endpoint that is off is
 * switched on. The rows left in the outbox let any running node go on.
 *
 * @returns how many
 */
export async function replayPostbacks(
  { postbacks, endpoints, outbox }: Pick<LeadModels, 'postbacks' | 'endpoints' | 'outbox'>,
  { id, endpoint: at, from, to }: ReplaySearch,
): Promise<number> {
  let count = 0;
  const made = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
  const failed = postbacks.find({
    state: 'failed',
    ...(id === undefined ? {} : { _id: id }),
    ...(at === undefined ? {} : { endpoint: at }),
    ...(from || to ? { createdAt: made } : {}),
  });
  for await (const record of failed.lean<PostbackRecord>().cursor()) {
    const { _id, lead, endpoint } = record as unknown as PostbackRecord;
    await endpoints.deleteOne({ _id: endpoint });
    await postbacks.updateOne(
      { _id, state: 'failed' },
      { $set: { state: 'open', attempts: 0, changedAt: new Date() }, $unset: { reason: '', status: '', nextAt: '' } },
    );
    await putRow(outbox, postbackRow({ _id, lead }));
    count++;
  }
  return count;
}
