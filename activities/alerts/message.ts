import type { AlertRecord } from '../../models/alert.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { channelEndpointId } from '../../config/alerts.ts';
import { describeTurn, type ResolvedAlert } from '../../rules/alerts.ts';

/** What a channel is told, as its webhook carries it. Ids and figures only. */
interface Told {
  type: 'alert.firing' | 'alert.recovered' | 'alert.test';
  timestamp: string;
  data: { text: string } & Record<string, unknown>;
}

/** The record by which one channel is told that an alert fires or has recovered. The same whoever makes it. */
export function turnPostback(record: AlertRecord, alert: ResolvedAlert, channel: string): PostbackRecord {
  const { campaign, subject, state, episode, since, firedAt, value, of } = record;
  const firing = state === 'firing';
  const firedForMs = since.getTime() - firedAt.getTime();
  const text = describeTurn({ campaign, alert, subject, state, value, of, firedForMs });
  // Without a dot: the receiver's signature is over "id.timestamp.body".
  const event = `alert_${record._id}_${episode}_${firing ? 'firing' : 'recovered'}`;
  const data = {
    campaign,
    alert: alert.id,
    when: alert.when,
    ...(subject === undefined ? {} : { subject }),
    episode,
    value,
    ...(of === undefined ? {} : { of }),
    above: alert.above,
    over_minutes: alert.overMinutes,
    since: firedAt.toISOString(),
    text,
  };
  const type = firing ? 'alert.firing' : 'alert.recovered';
  return postbackOf(event, record, channel, { type, timestamp: since.toISOString(), data });
}

/** The record by which an operator tries a channel; it is sent and never stored. */
export function testPostback(channel: string, now: Date): PostbackRecord {
  const text = `[TEST] Leadwire can reach the channel ${channel}`;
  const subject = { _id: 'test', campaign: '' };
  const told: Told = { type: 'alert.test', timestamp: now.toISOString(), data: { text } };
  return postbackOf(`alert_test_${now.getTime()}`, subject, channel, told);
}

function postbackOf(
  event: string,
  { _id, campaign }: Pick<AlertRecord, '_id' | 'campaign'>,
  channel: string,
  told: Told,
): PostbackRecord {
  const endpoint = channelEndpointId(channel);
  const now = new Date();
  return {
    _id: `${event}:${endpoint}`,
    event,
    type: told.type,
    endpoint,
    lead: _id,
    campaign,
    source: '',
    mode: 'live',
    payload: JSON.stringify(told),
    state: 'open',
    attempts: 0,
    exchanges: [],
    createdAt: now,
    changedAt: now,
  };
}
