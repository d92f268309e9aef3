import type { Mode } from '../../models/origin.ts';
import type { CampaignTracking } from '../../schema/tracking.ts';
import type { Campaign, Source } from '../../schema/campaign.ts';
import type { EventSettings } from '../../schema/event.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import type { Deployment } from '../leads/deployment.ts';

/** Gives the deployment's campaign a tracking of its own, and waits for nothing: apply it before a node starts. */
export async function applyTracking(
  deployment: Deployment,
  tracking: CampaignTracking,
  changes: {
    campaign?: Partial<Campaign>;
    source?: Partial<Source>;
    sources?: Source[];
    events?: EventSettings[];
  } = {},
): Promise<void> {
  const file = campaignFile(deployment.buyers.url, { auction: { minPrice: 1 } });
  await deployment.apply({
    ...file,
    ...(changes.events ? { events: changes.events } : {}),
    sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
    campaigns: file.campaigns?.map((campaign) => ({ ...campaign, tracking, ...changes.campaign })),
    sources: [
      ...(file.sources ?? []).map((source) => (source.id === 'src_one' ? { ...source, ...changes.source } : source)),
      { id: 'src_two', seller: 'sel_two' },
      ...(changes.sources ?? []),
    ],
  });
}

/** A publishable key of source src_one. */
export async function browserKey(deployment: Deployment, origins: string[], mode: Mode = 'live') {
  const order = { kind: 'browser', seller: 'sel_one', source: 'src_one', mode, origins, by: 'test' } as const;
  return (await deployment.keys.api.create(order)).key;
}
