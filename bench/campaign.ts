import type { ConfigurationFile } from '../schema/configuration.ts';
import type { Integration } from '../schema/integration.ts';

export const BUYERS = Array.from({ length: 10 }, (_, index) => `bench${index}`);
export const PING_TIMEOUT_MS = 500;

/**
 * Ten buyers with a rule, an area and a cap each: what a real campaign asks of every lead. `health: false` keeps waiting
 * for those that are slow.
 */
export function benchCampaign(base: string, health?: false): ConfigurationFile {
  return {
    sellers: [{ id: 'sel_bench', name: 'Bench' }],
    sources: [{ id: 'src_bench', seller: 'sel_bench' }],
    buyers: BUYERS.map((name) => ({ id: `buy_${name}`, name })),
    campaigns: [
      {
        id: 'cmp_bench',
        name: 'Bench',
        timezone: 'America/New_York',
        fields: [
          { name: 'zip', type: 'zip', required: 'ping' },
          { name: 'state', type: 'state', required: 'ping' },
          { name: 'age', type: 'number' },
          { name: 'first_name', type: 'text', required: 'post' },
          { name: 'last_name', type: 'text', required: 'post' },
          { name: 'email', type: 'email', required: 'post' },
          { name: 'phone', type: 'phone', required: 'post' },
        ],
        auction: { pingTimeoutMs: PING_TIMEOUT_MS, deadlineMs: 20_000, minPrice: 1 },
        ...(health === false ? { health } : {}),
      },
    ],
    integrations: BUYERS.map((name) => integration(base, name)),
  };
}

function integration(base: string, name: string): Integration {
  return {
    id: `int_${name}`,
    campaign: 'cmp_bench',
    buyer: `buy_${name}`,
    category: 'Buyer',
    rule: { and: [{ in: [{ var: 'lead.state' }, ['NY', 'CA', 'TX']] }, { '>=': [{ var: 'lead.age' }, 25] }] },
    geo: { exclude: { zips: ['94105'] } },
    caps: [{ count: 'accepted', max: 1_000_000, per: 'day' }],
    ping: {
      request: {
        url: `${base}/acme/${name}/ping`,
        json: { zip: 'lead.zip', age: 'lead.age', ref: 'lead.transaction_id' },
      },
      response: {
        error: 'status >= 400',
        rejected: 'body.status = "reject"',
        accepted: 'body.status = "continue"',
        bid: { price: 'body.price', private: { promise: 'body.promise' } },
        reason: 'body.reason',
      },
    },
    post: {
      request: {
        url: `${base}/acme/${name}/post`,
        json: {
          promise: 'bid.promise',
          ref: 'lead.transaction_id',
          'contact.first': 'lead.first_name',
          'contact.last': 'lead.last_name',
          'contact.email': 'lead.email',
          'contact.phone': { field: 'lead.phone', format: 'national' },
          zip: 'lead.zip',
        },
      },
      response: {
        rejected: 'body.status_text = "reject"',
        accepted: 'body.status_text = "sold"',
        price: 'body.price',
        leadId: 'body.lead_id',
        redirectUrl: 'body.redirect_url',
      },
    },
  };
}
