import type { Integration } from '../../schema/integration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import type { Deployment } from '../leads/deployment.ts';

/** A click listing with the simulated network of that name. */
export function listing(base: string, name: string, changes: Partial<Integration> = {}): Integration {
  return {
    id: `int_${name}`,
    name: `Network ${name}`,
    campaign: 'cmp_test',
    category: 'Click Network',
    hosts: ['offers.example'],
    placement: { page: 'thanks', position: 1 },
    click: {
      request: {
        method: 'GET',
        url: `${base}/network/${name}/offers`,
        testUrl: `${base}/sandbox/network/${name}/offers`,
        query: { zip: 'lead.zip', ref: 'lead.transaction_id', ip: 'lead.ip_address', ua: 'lead.user_agent' },
        timeoutMs: 5000,
      },
      response: {
        error: 'status >= 400',
        rejected: '$count(body.offers) = 0',
        accepted: '$count(body.offers) > 0',
        bid: {
          each: 'body.offers',
          price: 'cpc',
          id: 'id',
          private: { url: 'link', title: 'title', description: 'text', image: 'picture' },
        },
      },
    },
    ...changes,
  };
}

/** Gives the deployment's campaign click listings; `own` is what they are, by the names of their networks. */
export async function applyListings(deployment: Deployment, own: Record<string, Partial<Integration>>): Promise<void> {
  const { url } = deployment.buyers;
  const file = campaignFile(url, {
    auction: { minPrice: 1 },
    more: () => Object.entries(own).map(([name, changes]) => listing(url, name, changes)),
  });
  await deployment.apply({
    ...file,
    sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
    sources: [...(file.sources ?? []), { id: 'src_other', seller: 'sel_one' }, { id: 'src_two', seller: 'sel_two' }],
    campaigns: file.campaigns?.map((campaign) => ({
      ...campaign,
      tracking: { allowedOrigins: ['https://funnel.example'] },
    })),
  });
}
