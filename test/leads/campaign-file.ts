import type { AuctionSettings, Buyer, Campaign, Source } from '../../schema/campaign.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import type { Integration } from '../../schema/integration.ts';

export interface CampaignOptions {
  /** Names of the buyers; each gets an integration int_<name>. Default alpha, beta, gamma. */
  buyers?: string[];
  auction?: AuctionSettings;
  dedupe?: Campaign['dedupe'];
  /** Changes to the integration of each buyer. */
  integrations?: Record<string, Partial<Integration>>;
  /** Changes to the buyers buy_<name>. */
  buyerSettings?: Record<string, Partial<Buyer>>;
  /** Changes to the source src_one. */
  source?: Partial<Source>;
  /** Further integrations. */
  more?: (base: string) => Integration[];
}

/** A campaign whose buyers all speak the simulated buyers' JSON format. */
export function campaignFile(base: string, options: CampaignOptions = {}): ConfigurationFile {
  const { buyers = ['alpha', 'beta', 'gamma'], auction = {}, dedupe, integrations = {}, more } = options;
  const { buyerSettings = {}, source = {} } = options;
  return {
    sellers: [{ id: 'sel_one', name: 'Seller one' }],
    sources: [
      { id: 'src_one', seller: 'sel_one', ...source },
      { id: 'src_paused', seller: 'sel_one', paused: true },
      { id: 'src_elsewhere', seller: 'sel_one', campaigns: [] },
    ],
    buyers: buyers.map((name) => ({ id: `buy_${name}`, name, ...buyerSettings[name] })),
    campaigns: [
      {
        id: 'cmp_test',
        name: 'Test',
        timezone: 'America/New_York',
        fields: [
          { name: 'zip', type: 'zip', required: 'ping' },
          { name: 'state', type: 'state' },
          { name: 'age', type: 'number' },
          { name: 'first_name', type: 'text', required: 'post' },
          { name: 'last_name', type: 'text', required: 'post' },
          { name: 'email', type: 'email', required: 'post' },
          { name: 'phone', type: 'phone', required: 'post' },
        ],
        auction: { pingTimeoutMs: 2000, deadlineMs: 8000, ...auction },
        // A machine too slow to answer pings in time must not take a buyer out of a test about something else.
        health: false,
        ...(dedupe ? { dedupe } : {}),
      },
    ],
    integrations: [
      ...buyers.map((name) => ({ ...buyerIntegration(base, name), ...integrations[name] })),
      ...(more?.(base) ?? []),
    ],
  };
}

/** An integration with the simulated buyer of that name, in its JSON format. */
export function buyerIntegration(base: string, name: string): Integration {
  return {
    id: `int_${name}`,
    campaign: 'cmp_test',
    buyer: `buy_${name}`,
    category: 'Buyer',
    ping: {
      request: {
        url: `${base}/acme/${name}/ping`,
        testUrl: `${base}/sandbox/acme/${name}/ping`,
        json: { zip: 'lead.zip', ref: 'lead.transaction_id' },
      },
      response: {
        error: 'status >= 400',
        rejected: { 'body.status': 'reject' },
        accepted: { 'body.status': 'continue' },
        bid: { price: 'body.price', private: { promise: 'body.promise' } },
        reason: 'body.reason',
      },
    },
    post: {
      request: {
        url: `${base}/acme/${name}/post`,
        testUrl: `${base}/sandbox/acme/${name}/post`,
        json: {
          promise: 'bid.promise',
          ref: 'lead.transaction_id',
          first: 'lead.first_name',
          last: 'lead.last_name',
          email: 'lead.email',
          phone: 'lead.phone',
          zip: 'lead.zip',
        },
        timeoutMs: 2000,
      },
      response: {
        error: 'status >= 400',
        duplicate: { 'body.status_text': 'duplicate' },
        rejected: { 'body.status_text': 'reject' },
        pending: { 'body.status_text': 'pending' },
        accepted: { 'body.status_text': 'sold' },
        price: 'body.price',
        reason: 'body.reason',
        leadId: 'body.lead_id',
        redirectUrl: 'body.redirect_url',
      },
    },
  };
}

/** An integration with the simulated CRM; `fields` beside those it always gets. */
export function crmIntegration(base: string, fields: Record<string, string> = {}): Integration {
  return {
    id: 'int_crm',
    campaign: 'cmp_test',
    category: 'CRM',
    deliver: {
      request: {
        url: `${base}/crm/v3/objects/contacts`,
        testUrl: `${base}/sandbox/crm/v3/objects/contacts`,
        json: {
          'properties.email': 'lead.email',
          'properties.leadwire_id': 'lead.transaction_id',
          'properties.price': 'lead.price',
          ...fields,
        },
      },
      response: { accepted: 'status = 201', duplicate: 'status = 409', rejected: 'status = 400' },
    },
  };
}
