import type { AuctionSettings } from '../../schema/campaign.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { campaignFile, type CampaignOptions } from '../leads/campaign-file.ts';

/** The campaigns of `test/pings/`: one set of buyers, and settings that differ. */
const VARIANTS: Record<string, AuctionSettings> = {
  cmp_test: {},
  cmp_all: { pingAnswer: 'all' },
  cmp_ask: { afterReject: 'ask' },
  cmp_pick: { pingAnswer: 'all', afterReject: 'ask' },
  cmp_shared: { pingAnswer: 'all', maxBuyers: 2 },
  cmp_short: { bidStandsMs: 1000 },
  cmp_hasty: { deadlineMs: 500 },
  cmp_brief: { bidStandsMs: 5000, afterReject: 'ask' },
};

/** These tests are about decisions: a busy machine must not make a timeout of one. */
export const PATIENT: AuctionSettings = { pingTimeoutMs: 8000, deadlineMs: 30_000 };

/** Many requests at once are what some of these tests are about. */
export const UNLIMITED = { LEADWIRE_RATE_PER_SECOND: '100000', LEADWIRE_RATE_PER_MINUTE: '1000000' };

/** Each campaign has an integration with every buyer; the source `src_share` gets 80 percent of a price. */
export function pingCampaigns(base: string, options: CampaignOptions = {}): ConfigurationFile {
  const file = campaignFile(base, options);
  const [campaign] = file.campaigns ?? [];
  const variants = Object.entries(VARIANTS);
  return {
    ...file,
    sources: [
      ...(file.sources ?? []),
      { id: 'src_share', seller: 'sel_one', payout: { share: 0.8 } },
      { id: 'src_two', seller: 'sel_two' },
    ],
    sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
    campaigns: variants.map(([id, auction]) => ({
      ...campaign!,
      id,
      auction: { ...campaign?.auction, ...PATIENT, ...auction },
    })),
    integrations: variants.flatMap(([cid]) =>
      (file.integrations ?? []).map((integration) => ({
        ...integration,
        id: cid === 'cmp_test' ? integration.id : `${integration.id}_${cid}`,
        campaign: cid,
        ...(integration.post
          ? { post: { ...integration.post, request: { ...integration.post.request, timeoutMs: 8000 } } }
          : {}),
      })),
    ),
  };
}
