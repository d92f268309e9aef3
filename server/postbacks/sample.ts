import { randomUUID } from 'node:crypto';
import { postbackOfEvent } from '../../activities/postback/open-event.ts';
import { postbackOfLead } from '../../activities/postback/open.ts';
import type { Known } from '../../activities/postback/request.ts';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import type { CompiledEndpoint } from '../../config/postbacks.ts';
import type { EventRecord } from '../../models/event.ts';
import type { LeadRecord, Told } from '../../models/lead.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { sampleOf, type FieldSet } from '../../rules/fields.ts';
import type { Micros } from '../../rules/money.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { POSTBACK_STATUSES, type PostbackStatus } from '../../schema/postback.ts';

/** The transaction that a test is about, real or made up. */
export type TestSubject = Pick<LeadRecord, '_id' | 'campaign' | 'seller' | 'source' | 'mode'> & Known;

/** Something that an endpoint is told: an event of a campaign, or what became of a lead. */
export type Telling = { campaign: CompiledCampaign } & ({ event: string } | { status: PostbackStatus });

const REVENUE: Micros = 45_000_000;
const PAYOUT: Micros = 30_000_000;
const TOLD: Record<PostbackStatus, Pick<Told, 'outcome' | 'reason' | 'payout'>> = {
  sold: { outcome: 'sold', reason: 'sold', payout: PAYOUT },
  rejected: { outcome: 'rejected', reason: 'no_bid' },
  held: { outcome: 'held', reason: 'no_bid' },
  settled: { outcome: 'sold', reason: 'sold', payout: PAYOUT },
  returned: { outcome: 'sold', reason: 'returned', payout: PAYOUT },
};

/**
 * What an endpoint is told, in the order of the configuration.
 *
 * @param name only this event, or this status
 */
export function tellingsOf(
  { campaigns }: Pick<CompiledConfiguration, 'campaigns'>,
  endpoint: CompiledEndpoint,
  source: string,
  name?: string,
): Telling[] {
  return [...campaigns.values()].flatMap((campaign) => [
    ...[...campaign.events.values()]
      .filter(({ id, affiliateConversion }) =>
        endpoint.wantsEvent({ event: id, campaign: campaign.id, source, affiliateConversion }),
      )
      .filter(({ id }) => name === undefined || name === id)
      .map(({ id }) => ({ campaign, event: id })),
    ...POSTBACK_STATUSES.filter((status) => endpoint.wants(status, campaign.id))
      .filter((status) => name === undefined || name === status)
      .map((status) => ({ campaign, status })),
  ]);
}

/** A lead that nobody posted: a value for every field of the campaign that has one. */
export function sampleLead(campaign: CompiledCampaign, seller: string, source: string): TestSubject {
  return {
    _id: newTransactionId(),
    campaign: campaign.id,
    seller,
    source,
    mode: 'test',
    fields: sampleValues(campaign.fields),
    tracking: sampleValues(TRACKING_FIELDS),
  };
}

function sampleValues(set: FieldSet) {
  const given = set.fields.map((field) => [field.name, sampleOf(field)]);
  return set.normalise(Object.fromEntries(given) as Record<string, unknown>, 'ping').values;
}

/**
 * The postback of a test: as it would be made of what really happened, or of what could have. Its id is its own, so that
 * no receiver takes it for another one, and its payload says `test`.
 *
 * @param fired the event as it was fired, when it was
 */
export function testPostback(
  telling: Telling,
  endpoint: string,
  subject: TestSubject,
  fired?: EventRecord,
): PostbackRecord {
  const made =
    'event' in telling
      ? postbackOfEvent(
          { ...(fired ?? sampleEvent(telling.campaign, telling.event, subject)), ...modeOf(subject) },
          endpoint,
        )
      : postbackOfLead({ ...subject, told: {} }, endpoint, telling.status, {
          at: new Date(),
          ...TOLD[telling.status],
        });
  const { data, ...envelope } = JSON.parse(made.payload) as { data: Record<string, unknown> };
  const payload = JSON.stringify({ ...envelope, data: { ...data, test: true } });
  return { ...made, event: `test_${randomUUID()}`, payload };
}

const modeOf = ({ mode }: TestSubject) => ({ mode });

function sampleEvent({ events }: CompiledCampaign, id: string, subject: TestSubject): EventRecord {
  const event = events.get(id);
  const { _id: lead, campaign, seller, source, mode } = subject;
  const [conversion, affiliateConversion] = [event?.conversion ?? false, event?.affiliateConversion ?? false];
  return {
    ...{ _id: `${lead}:${id}`, event: id, lead, campaign, seller, source, pid: source, mode, revision: 0 },
    ...{ conversion, affiliateConversion, verified: true, payload: '{}', origin: 'operator', request: '' },
    ...(conversion ? { conversionId: `conv_${randomUUID()}`, revenue: REVENUE } : {}),
    fields: event ? sampleValues(event.fields) : {},
    at: new Date(),
  };
}
