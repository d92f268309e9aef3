import type { CompiledEndpoint } from '../../config/postbacks.ts';
import type { EventRecord } from '../../models/event.ts';
import { untilAnswered } from '../../models/fence.ts';
import { native } from '../../models/native.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import type { ActivityDeps } from '../deps.ts';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 10 * 60_000;

/**
 * How long a postback stays behind because an earlier event of its lead has not reached the endpoint yet, in
 * milliseconds; undefined when it need not. What was given up holds nothing back.
 */
export async function staysBehind(
  { models }: Pick<ActivityDeps, 'models'>,
  { lead, subject, happenedAt, createdAt }: PostbackRecord,
  endpoint: CompiledEndpoint,
): Promise<number | undefined> {
  if (!endpoint.ordered || subject === undefined || happenedAt === undefined) return undefined;
  const at = happenedAt.getTime();
  // ';' is the character after ':'.
  const range = { _id: { $gt: `${lead}:`, $lt: `${lead};` } };
  const fired = await untilAnswered(() => native<EventRecord>(models.events).find(range).toArray());
  const isEarlier = (event: EventRecord) =>
    event.at.getTime() < at || (event.at.getTime() === at && event._id < subject);
  const earlier = fired.filter((event) => isEarlier(event) && endpoint.wantsEvent(event)).map(({ _id }) => _id);
  if (earlier.length === 0) return undefined;
  // In this order: a row goes only after the records of its postbacks were made.
  const rows = await untilAnswered(() =>
    models.outbox.find({ _id: { $in: earlier.map((id) => `event:${id}`) } }, { event: 1 }).lean(),
  );
  const records = await untilAnswered(() =>
    models.postbacks
      .find({ _id: { $in: earlier.map((id) => `${id}:${endpoint.id}`) } }, { state: 1, subject: 1 })
      .lean(),
  );
  const made = new Set(records.map((record) => record.subject));
  const isWaitedFor = records.some(({ state }) => state === 'open') || rows.some(({ event }) => !made.has(event));
  if (!isWaitedFor) return undefined;
  // The longer it has waited, the less often it looks.
  return Math.min(Math.max((Date.now() - createdAt.getTime()) / 2, SHORTEST_MS), LONGEST_MS);
}
