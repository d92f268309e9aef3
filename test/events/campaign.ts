import { newTransactionId } from '../../rules/transaction-id.ts';
import type { Campaign, Source } from '../../schema/campaign.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import type { EventList, EventSettings } from '../../schema/event.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, type Deployment } from '../leads/deployment.ts';

export const EVENTS: EventSettings[] = [
  { id: 'quote_viewed' },
  { id: 'sale_completed', name: 'Sale', conversion: true },
  { id: 'call_made', multiTrigger: true },
  { id: 'signup', conversion: true, multiTrigger: true },
  { id: 'keyed', conversion: true, requires: 'key' },
  { id: 'signed', requires: 'signature' },
  { id: 'elsewhere' },
];

export interface EventsOptions {
  campaign?: Partial<Campaign>;
  campaigns?: Campaign[];
  sources?: Source[];
  events?: EventSettings[];
  eventLists?: EventList[];
}

/** The deployment's campaign with events, and a second one, cmp_other, that has one of its own. */
export function eventsFile(base: string, options: EventsOptions = {}): ConfigurationFile {
  const file = campaignFile(base, { buyers: ['alpha'] });
  const [campaign] = file.campaigns ?? [];
  if (!campaign) throw new Error('the campaign file has no campaign');
  const own = EVENTS.filter(({ id }) => id !== 'elsewhere').map(({ id }) => id);
  return {
    ...file,
    events: options.events ?? EVENTS,
    ...(options.eventLists ? { eventLists: options.eventLists } : {}),
    campaigns: [
      { ...campaign, events: own, ...options.campaign },
      { ...campaign, id: 'cmp_other', name: 'Other', events: ['quote_viewed', 'elsewhere'] },
      ...(options.campaigns ?? []),
    ],
    sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
    sources: [...(file.sources ?? []), { id: 'src_two', seller: 'sel_two' }, ...(options.sources ?? [])],
  };
}

/** A lead of the campaign, whatever becomes of it; its transaction id. */
export async function postedLead(deployment: Deployment, lead = aLead(), headers: Record<string, string> = {}) {
  const { status, body } = await deployment.post(lead, headers);
  if (status !== 200 && status !== 202) throw new Error(`the lead was answered ${status}`);
  return String(body['transaction_id']);
}

/** The id of a visit that no lead came from yet. */
export async function visited(url: string, query: Record<string, string> = {}): Promise<string> {
  const search = new URLSearchParams({ pid: 'src_one', format: 'json', ...query });
  const answer = (await (await fetch(`${url}/click/cmp_test?${search}`)).json()) as { transaction_id: string };
  return answer.transaction_id;
}

/** So many visits as they are stored, to fire events on; their ids. */
export async function storeVisits({ models }: Deployment, count: number): Promise<string[]> {
  const visit = { campaign: 'cmp_test', seller: 'sel_one', source: 'src_one', mode: 'live', device: 'desktop' };
  const ids = Array.from({ length: count }, () => newTransactionId());
  for (let begin = 0; begin < count; begin += 1000) {
    const some = ids.slice(begin, begin + 1000).map((_id) => ({ _id, at: new Date(), tracking: {}, ...visit }));
    await models.clicks.collection.insertMany(some as never[]);
  }
  return ids;
}
