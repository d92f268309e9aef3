import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importList } from '../../cli/list/import.ts';
import type { Integration } from '../../schema/integration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { CRMS, DIALERS, LOOKUPS, startVendors, type Vendors } from './vendors.ts';

const SECRETS: Record<string, Record<string, string>> = {
  int_hubspot: { access_token: 'hubspot-token' },
  int_zoho: { client_id: 'zoho-id', client_secret: 'zoho-secret', refresh_token: 'zoho-refresh' },
  int_salesforce: { client_id: 'salesforce-id', client_secret: 'salesforce-secret' },
  int_pipedrive: { api_token: 'pipedrive-token' },
  int_gohighlevel: { access_token: 'gohighlevel-token' },
  int_vicidial: { pass: 'vicidial-pass' },
  int_convoso: { auth_token: 'convoso-token' },
  int_five9: { password: 'five9-password' },
  int_ringcentral: { api_token: 'ringcentral-token' },
  int_twilio: { auth_token: 'twilio-token' },
  int_trestle: { api_key: 'trestle-key' },
  int_smarty: { auth_id: 'smarty-id', auth_token: 'smarty-token' },
  int_certificate: { api_key: 'trustedform-key' },
  int_kept: { api_key: 'trustedform-key' },
  int_jornaya: { account_code: 'jornaya-account', audit_key: 'jornaya-key' },
  int_blacklist: { api_key: 'blacklist-key' },
};
const AFTERWARDS = [...Object.keys(CRMS), ...Object.keys(DIALERS), 'kept'].map((name) => `int_${name}`);

/** Integrations on connectors: their values, and where the simulated services live. */
function integrations({ url, host }: Vendors): Integration[] {
  const on = (
    name: string,
    category: Integration['category'],
    operation: 'deliver' | 'enrich' | 'check' | 'retain',
    changes: Record<string, unknown> = {},
    request: Record<string, unknown> = {},
  ) =>
    ({
      ...{ id: `int_${name}`, campaign: 'cmp_test', category, connector: name, hosts: [host] },
      [operation]: { request },
      ...changes,
    }) as unknown as Integration;
  const clients = { clientId: '{{secrets.client_id}}', clientSecret: '{{secrets.client_secret}}' };
  const crm = (name: string, path: string, changes: Record<string, unknown> = {}, request = {}) =>
    on(name, 'CRM', 'deliver', changes, { url: `${url}/${name}${path}`, ...request });
  return [
    crm('hubspot', '/crm/v3/objects/contacts', {}, { json: { 'properties.line_type': 'lead.line_type' } }),
    crm('zoho', '/crm/v7/Leads', {
      authentication: {
        ...{ kind: 'oauth2_refresh_token', tokenUrl: `${url}/zoho/oauth/v2/token`, ...clients },
        refreshToken: '{{secrets.refresh_token}}',
      },
    }),
    crm('salesforce', '/services/data/v60.0/sobjects/Lead/', {
      config: { domain: 'acme.my.salesforce.com' },
      authentication: {
        kind: 'oauth2_client_credentials',
        tokenUrl: `${url}/salesforce/services/oauth2/token`,
        ...clients,
      },
    }),
    crm('pipedrive', '/api/v2/persons'),
    crm('gohighlevel', '/contacts/', { config: { location_id: 'loc1' } }),
    on('vicidial', 'Dialer', 'deliver', { config: { url: `${url}/vicidial`, user: 'leadwire', list_id: '101' } }),
    on('convoso', 'Dialer', 'deliver', { config: { list_id: '333' } }, { url: `${url}/convoso/v1/leads/insert` }),
    on(
      'five9',
      'Dialer',
      'deliver',
      { config: { domain: 'Acme', list: 'Web leads', username: 'leadwire' } },
      { url: `${url}/five9/web2campaign/AddToList` },
    ),
    on(
      'ringcentral',
      'Dialer',
      'deliver',
      { config: { account_id: '3', campaign_id: '6' } },
      { url: `${url}/ringcentral/leadLoader/direct` },
    ),
    on(
      'twilio',
      'Enrichment',
      'enrich',
      { connector: 'twilio-lookup', config: { account_sid: `AC${'0'.repeat(32)}` } },
      { url: `${url}/twilio/v2/PhoneNumbers/{{lead.phone}}` },
    ),
    on('trestle', 'Enrichment', 'enrich', {}, { url: `${url}/trestle/3.0/phone_intel` }),
    on(
      'smarty',
      'Enrichment',
      'enrich',
      {},
      { url: `${url}/smarty/street-address`, query: { street: { value: '12 Main St' } } },
    ),
    on('certificate', 'Compliance', 'check', { connector: 'trustedform', config: {} }),
    on('kept', 'Compliance', 'retain', { connector: 'trustedform', config: {}, when: 'after_outcome' }),
    on('jornaya', 'Compliance', 'check', {}, { url: `${url}/jornaya/SingleQuery?data=f_name;{{lead.first_name}}` }),
    on('blacklist', 'Compliance', 'check', { connector: 'blacklist-alliance' }, { url: `${url}/blacklist/lookup` }),
  ];
}

describe('services on built-in connectors', function () {
  this.timeout(60_000);
  let vendors: Vendors;
  let deployment: Deployment;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadwire-services-'));
    vendors = await startVendors({ ...CRMS, ...DIALERS, ...LOOKUPS });
    deployment = await createDeployment({ buyers: ['alpha'] });
    const file = campaignFile(deployment.buyers.url, {
      buyers: ['alpha'],
      integrations: { alpha: { rule: { '!': { in_list: [{ var: 'lead.phone' }, 'lst_suppressed'] } } } },
      more: () => integrations(vendors),
    });
    file.campaigns?.[0]?.fields.push(
      { name: 'trustedform_cert_url', type: 'text' },
      { name: 'jornaya_leadid', type: 'text' },
    );
    const path = join(folder, 'suppressed.txt');
    await writeFile(path, '212-555-1111\n');
    await importList(deployment.models, { list: 'lst_suppressed', path, type: 'phone', by: 'test' });
    await deployment.apply(file);
    for (const [integration, secrets] of Object.entries(SECRETS))
      for (const [name, value] of Object.entries(secrets))
        await deployment.secrets.set(integration, name, value, 'test');
    await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await vendors.stop();
    await rm(folder, { recursive: true });
  });

  const lead = (changes: Record<string, unknown> = {}) =>
    aLead({
      trustedform_cert_url: `${vendors.url}/trustedform/eb9fc4dd9bed9ad451a5648946cf4bf09b5bb947`,
      jornaya_leadid: 'authentic',
      ...changes,
    });
  const followUps = (id: string) =>
    eventually(async () => {
      const found = await deployment.models.followUps.find({ lead: id, state: { $ne: 'open' } }).lean();
      return found.length === AFTERWARDS.length && found;
    }, 40_000);

  it('check and enrich a lead, sell it, and bring it to every CRM and dialer', async () => {
    const sold = await deployment.post(lead({ phone: '212-555-0142' }));
    assert.equal(sold.body['outcome'], 'sold', JSON.stringify(sold.body));
    const done = await followUps(String(sold.body['transaction_id']));
    assert.deepEqual(
      done.map(({ integration, state, reason }) => `${integration} ${state} ${reason}`).sort(),
      AFTERWARDS.map((id) => `${id} done ${id === 'int_gohighlevel' ? 'duplicate' : 'accepted'}`).sort(),
    );
    const [contact] = vendors.asked('hubspot');
    const properties = (JSON.parse(contact?.body ?? '{}') as { properties: Record<string, string> }).properties;
    assert.match(String(properties['line_type']), /^mobile$/i, 'what an enrichment captured is there to be delivered');
    assert.equal(vendors.asked('vicidial')[0]?.query.get('phone_number'), '2125550142');
    assert.equal(new URLSearchParams(vendors.asked('five9')[0]?.body).get('F9retResults'), '1');
    assert.equal(vendors.asked('blacklist')[0]?.query.get('key'), 'blacklist-key');
    const retained = vendors.asked('trustedform').find(({ body }) => body.includes('retain'));
    assert.ok(retained?.body.includes(String(sold.body['transaction_id'])));
  });

  it('fails visibly what a CRM refuses inside an answer that succeeds', async () => {
    const sold = await deployment.post(lead({ last_name: 'Refused' }));
    const found = await followUps(String(sold.body['transaction_id']));
    const zoho = found.find(({ integration }) => integration === 'int_zoho');
    assert.deepEqual([zoho?.state, zoho?.reason], ['failed', 'rejected']);
  });

  for (const [what, changes] of [
    ['a phone on the Blacklist Alliance', { phone: '212-555-0000' }],
    ['a forged LeadiD', { jornaya_leadid: 'forged' }],
    ['a certificate of another host', { trustedform_cert_url: 'https://cert.trustedform.com.evil.example/1' }],
    ['a lead without a certificate', { trustedform_cert_url: '' }],
  ] as const) {
    it(`sell no lead with ${what}`, async () => {
      const refused = await deployment.post(lead(changes));
      assert.equal(refused.body['outcome'], 'rejected', JSON.stringify(refused.body));
    });
  }

  it('keep a lead from a buyer whose suppression list has its phone', async () => {
    const before = deployment.buyers.log({ buyer: 'alpha' }).length;
    const refused = await deployment.post(lead({ phone: '(212) 555-1111' }));
    assert.equal(refused.body['outcome'], 'rejected', JSON.stringify(refused.body));
    assert.equal(deployment.buyers.log({ buyer: 'alpha' }).length, before);
  });

  it('keep credentials out of what is kept of the exchanges', async () => {
    const kept = JSON.stringify([
      await deployment.models.followUps.find().lean(),
      await deployment.models.auctions.find().lean(),
    ]);
    for (const secret of Object.values(SECRETS).flatMap((secrets) => Object.values(secrets)))
      assert.ok(!kept.includes(secret), secret);
  });
});
