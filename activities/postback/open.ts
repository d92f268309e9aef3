import { insertOnce } from '../../models/fence.ts';
import type { LeadRecord, Told } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import type { OutboxRecord } from '../../models/outbox.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { toDecimal } from '../../rules/money.ts';

export type Telling = Pick<LeadRecord, '_id' | 'campaign' | 'source' | 'mode' | 'told'>;

/**
 * Makes the record of a postback whose row is in the outbox, or finds it made.
 *
 * @returns its id, or undefined while what it tells has not happened: a conclusion was about to be drawn, and may not be
 */
export async function openPostback(
  { postbacks }: Pick<LeadModels, 'postbacks'>,
  lead: Telling,
  { endpoint = '', event = '' }: OutboxRecord,
): Promise<string | undefined> {
  const told = lead.told?.[event];
  if (!told) return undefined;
  const record = postbackOfLead(lead, endpoint, event, told);
  await insertOnce(postbacks, record);
  return record._id;
}

/** What one endpoint is told of what became of a lead. */
export function postbackOfLead(lead: Telling, endpoint: string, name: string, told: Told): PostbackRecord {
  // Without a dot: the receiver's signature is over "id.timestamp.body".
  const event = `${lead._id}_${name}`;
  const type = `lead.${name.replace(/_\d+$/, '')}`;
  const { _id, campaign, source, mode } = lead;
  const now = new Date();
  return {
    _id: `${event}:${endpoint}`,
    event,
    type,
    endpoint,
    lead: _id,
    campaign,
    source,
    mode,
    payload: JSON.stringify({ type, timestamp: told.at.toISOString(), data: dataOf(lead, told) }),
    state: 'open',
    attempts: 0,
    exchanges: [],
    createdAt: now,
    changedAt: now,
  };
}

/** What a seller may know of its lead: nothing of the buyers, nothing of the person. */
function dataOf({ _id, campaign, source, mode }: Telling, { outcome, reason, payout }: Told): Record<string, unknown> {
  return {
    transaction_id: _id,
    campaign,
    source,
    outcome,
    reason,
    ...(payout === undefined ? {} : { price: toDecimal(payout) }),
    ...(mode === 'test' ? { sandbox: true } : {}),
  };
}
