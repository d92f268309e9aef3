import type { Exchange } from '../../http/outbound.ts';
import type { EventRecord } from '../../models/event.ts';
import type { Mode } from '../../models/origin.ts';
import type { LeadModels } from '../../models/models.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { native } from '../../models/native.ts';
import { beyond, cursorOf, readCursor } from '../../models/position.ts';
import { toDecimal } from '../../rules/money.ts';

const MAX_MS = 10_000;

export interface EventSearch {
  seller?: string | undefined;
  source?: string | undefined;
  mode?: Mode | undefined;
  event?: string | undefined;
  campaign?: string | undefined;
  /** Transaction id. */
  lead?: string | undefined;
  /** When it was taken in: not before `from`, before `to`. */
  from?: Date | undefined;
  to?: Date | undefined;
  limit: number;
  /** Where the page before ended. */
  cursor?: string | undefined;
}

export interface EventPage {
  /** The newest first. */
  records: EventRecord[];
  /** Where the next page begins; absent when there is none. */
  cursor?: string;
}

/** One page of the events that were taken in. */
export async function searchEvents({ events }: Pick<LeadModels, 'events'>, search: EventSearch): Promise<EventPage> {
  const { seller, source, mode, event, campaign, lead, from, to, limit, cursor } = search;
  const plain = Object.entries({ seller, source, mode, event, campaign }).filter(([, value]) => value !== undefined);
  const before = cursor === undefined ? undefined : readCursor(cursor);
  const conditions = [
    Object.fromEntries(plain),
    // ';' is the character after ':'.
    ...(lead === undefined ? [] : [{ _id: { $gte: `${lead}:`, $lt: `${lead};` } }]),
    ...(from === undefined ? [] : [{ at: { $gte: from } }]),
    ...(to === undefined ? [] : [{ at: { $lt: to } }]),
    ...(before === undefined ? [] : [beyond('at', before, '$lt')]),
  ];
  const found = await native<EventRecord>(events)
    .find({ $and: conditions }, { sort: { at: -1, _id: -1 }, limit: limit + 1, maxTimeMS: MAX_MS })
    .toArray();
  const records = found.slice(0, limit);
  const last = records.at(-1);
  return found.length > limit && last ? { records, cursor: cursorOf({ at: last.at, id: last._id }) } : { records };
}

/** What became of telling others of an event. */
export type EventPostbackRecord = Pick<
  PostbackRecord,
  'subject' | 'endpoint' | 'state' | 'status' | 'reason' | 'attempts' | 'exchanges'
>;

/** The postbacks of events, by the event's id, in the order of their endpoints. */
export async function postbacksOf(
  { postbacks }: Pick<LeadModels, 'postbacks'>,
  records: readonly EventRecord[],
): Promise<ReadonlyMap<string, EventPostbackRecord[]>> {
  const found = await native<PostbackRecord>(postbacks)
    .find({ subject: { $in: records.map(({ _id }) => _id) } }, { sort: { _id: 1 }, maxTimeMS: MAX_MS })
    .toArray();
  const byEvent = new Map<string, EventPostbackRecord[]>();
  for (const record of found) {
    if (record.subject === undefined) continue;
    byEvent.set(record.subject, [...(byEvent.get(record.subject) ?? []), record]);
  }
  return byEvent;
}

/** A postback as the log shows it, with the endpoint's last answer as it came. */
function postbackShown({ endpoint, state, status, reason, attempts, exchanges }: EventPostbackRecord) {
  const answer = answerIn(exchanges.at(-1));
  return {
    endpoint,
    state,
    ...(status === undefined ? {} : { code: status }),
    ...(reason === undefined ? {} : { reason }),
    attempts,
    ...(answer === undefined ? {} : { answer }),
  };
}

function answerIn(exchange: string | undefined): string | undefined {
  if (exchange === undefined) return undefined;
  return (JSON.parse(exchange) as Partial<Exchange>).responseBody;
}

/** An event as its seller and the operators read it. */
export function eventShown(record: EventRecord, postbacks: readonly EventPostbackRecord[] = []) {
  const { _id, event, lead, campaign, source, pid, mode, revenue, conversionDate, payload } = record;
  return {
    id: _id,
    at: record.at.toISOString(),
    event_id: event,
    transaction_id: lead,
    campaign,
    source,
    pid,
    conversion: record.conversion,
    affiliate_conversion: record.affiliateConversion,
    ...(record.conversionId === undefined ? {} : { conversion_id: record.conversionId }),
    ...(revenue === undefined ? {} : { revenue: toDecimal(revenue) }),
    verified: record.verified,
    ...(conversionDate ? { conversion_date: conversionDate.toISOString() } : {}),
    fields: record.fields,
    payload: JSON.parse(payload) as Record<string, unknown>,
    origin: record.origin,
    postbacks: postbacks.map(postbackShown),
    ...(mode === 'test' ? { sandbox: true as const } : {}),
  };
}
