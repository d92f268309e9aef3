import { endpointsFor, type Endpoints } from '../../config/postbacks.ts';
import type { EventRecord } from '../../models/event.ts';
import { insertOnce } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { toDecimal } from '../../rules/money.ts';

/**
 * Makes the records of an event's postbacks, or finds them made: one for each endpoint that is told of it.
 *
 * @returns their ids
 */
export async function openEventPostbacks(
  { postbacks }: Pick<LeadModels, 'postbacks'>,
  endpoints: Endpoints,
  event: EventRecord,
): Promise<string[]> {
  const records = endpointsFor(endpoints, event, event.mode).map(({ id }) => postbackOfEvent(event, id));
  await Promise.all(records.map(async (record) => insertOnce(postbacks, record)));
  return records.map(({ _id }) => _id);
}

/** What one endpoint is told of an event. Its id names the event: the same on every attempt and for every endpoint. */
export function postbackOfEvent(event: EventRecord, endpoint: string, now = new Date()): PostbackRecord {
  const { _id, lead, campaign, source, mode, at } = event;
  const type = `event.${event.event}`;
  return {
    _id: `${_id}:${endpoint}`,
    event: _id,
    type,
    endpoint,
    subject: _id,
    happenedAt: at,
    lead,
    campaign,
    source,
    mode,
    payload: JSON.stringify({ type, timestamp: at.toISOString(), data: dataOf(event) }),
    state: 'open',
    attempts: 0,
    exchanges: [],
    createdAt: now,
    changedAt: now,
  };
}

function dataOf(event: EventRecord): Record<string, unknown> {
  const { revenue, conversionDate, fields, mode } = event;
  return {
    transaction_id: event.lead,
    campaign: event.campaign,
    source: event.source,
    event_id: event.event,
    conversion: event.conversion,
    ...(event.conversionId === undefined ? {} : { conversion_id: event.conversionId }),
    ...(revenue === undefined ? {} : { revenue: toDecimal(revenue) }),
    ...(conversionDate ? { conversion_date: conversionDate.toISOString() } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(mode === 'test' ? { sandbox: true } : {}),
  };
}
