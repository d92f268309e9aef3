import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, as the service of that name got it. */
export interface VendorRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
}

export interface VendorAnswer {
  status?: number;
  type?: string;
  body: unknown;
}

/** Services of vendors on loopback: each answers at `/<name>/…` in the words of its own format. */
export async function startVendors(vendors: Record<string, (request: VendorRequest) => VendorAnswer>) {
  const asked: Record<string, VendorRequest[]> = {};
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://vendors');
      const [, name = ''] = url.pathname.split('/');
      const received: VendorRequest = {
        method: request.method ?? '',
        path: url.pathname.slice(name.length + 1),
        query: url.searchParams,
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(parts).toString(),
      };
      (asked[name] ??= []).push(received);
      const { status = 200, type, body } = vendors[name]?.(received) ?? { status: 404, body: 'nobody lives here' };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': type ?? (text === body ? 'text/plain' : 'application/json') });
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    asked: (name: string): readonly VendorRequest[] => asked[name] ?? [],
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
export type Vendors = Awaited<ReturnType<typeof startVendors>>;

const bearer = ({ headers }: VendorRequest) => headers['authorization'];

/** The CRMs: each looks at how it is authenticated before it says yes. */
export const CRMS: Record<string, (request: VendorRequest) => VendorAnswer> = {
  hubspot: (request) =>
    bearer(request) === 'Bearer hubspot-token'
      ? { status: 201, body: { id: '51', properties: {}, archived: false } }
      : { status: 401, body: { status: 'error', category: 'INVALID_AUTHENTICATION' } },
  zoho(request) {
    if (request.path === '/oauth/v2/token')
      return { body: { access_token: 'zoho-access', token_type: 'Bearer', expires_in: 3600 } };
    if (bearer(request) !== 'Zoho-oauthtoken zoho-access')
      return { status: 401, body: { code: 'INVALID_TOKEN', message: 'invalid oauth token', status: 'error' } };
    const [row] = (JSON.parse(request.body) as { data: { Last_Name: string }[] }).data;
    // The answer succeeds, its record may not.
    const record =
      row?.Last_Name === 'Refused'
        ? { code: 'INVALID_DATA', details: { api_name: 'Email' }, message: 'invalid data', status: 'error' }
        : { code: 'SUCCESS', details: { id: '365239' }, message: 'record added', status: 'success' };
    return { status: 202, body: { data: [record] } };
  },
  salesforce(request) {
    if (request.path === '/services/oauth2/token')
      return { body: { access_token: 'salesforce-access', token_type: 'Bearer', expires_in: 3600 } };
    return bearer(request) === 'Bearer salesforce-access'
      ? { status: 201, body: { id: '00QD000000IqhSLMAZ', errors: [], success: true } }
      : { status: 401, body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }] };
  },
  pipedrive: ({ headers }) =>
    headers['x-api-token'] === 'pipedrive-token'
      ? { status: 201, body: { success: true, data: { id: 7801 } } }
      : { status: 401, body: { success: false, error: 'unauthorized access' } },
  gohighlevel: ({ headers }) =>
    headers['version'] === '2021-07-28'
      ? {
          status: 400,
          body: { message: 'This location does not allow duplicated contacts.', meta: { contactId: 'c1' } },
        }
      : { status: 401, body: { message: 'version header was not found.' } },
};

export const DIALERS: Record<string, (request: VendorRequest) => VendorAnswer> = {
  vicidial: ({ query }) => ({
    body: `SUCCESS: add_lead LEAD HAS BEEN ADDED - ${query.get('phone_number')}|${query.get('list_id')}|193715|-5|leadwire\n`,
  }),
  convoso: ({ query }) =>
    query.get('auth_token') === 'convoso-token'
      ? { body: { success: true, data: { lead_id: 77 } } }
      : { status: 401, body: { success: false, text: 'Invalid auth_token' } },
  five9: ({ body, headers }) => ({
    type: 'text/html',
    body: `<!DOCTYPE HTML><HTML><BODY><FORM><INPUT readonly id="number1" name="number1" value="${new URLSearchParams(body).get('number1')}" size="10"><INPUT readonly id="F9errCode" name="F9errCode" value="${headers['authorization'] === undefined ? 718 : 0}" size="10"></FORM></BODY></HTML>`,
  }),
  ringcentral: ({ headers }) =>
    headers['x-auth-token'] === 'ringcentral-token'
      ? { body: { leadsSupplied: 1, leadsAccepted: 1, leadsInserted: 1 } }
      : { status: 401, body: '' },
};

/** Asked before a lead is offered to anybody. */
export const LOOKUPS: Record<string, (request: VendorRequest) => VendorAnswer> = {
  twilio: ({ path }) => ({
    body: { valid: path.includes('%2B1'), line_type_intelligence: { type: 'mobile', carrier_name: 'Sample Wireless' } },
  }),
  trestle: ({ query }) => ({
    body: {
      phone_number: query.get('phone'),
      is_valid: true,
      activity_score: 92,
      line_type: 'Mobile',
      carrier: 'Other',
    },
  }),
  smarty: ({ query }) => ({
    body:
      query.get('street') === null
        ? []
        : [{ components: { city_name: 'New York' }, analysis: { dpv_match_code: 'Y' } }],
  }),
  trustedform: ({ body }) => ({
    body: body.includes('match_lead')
      ? { outcome: 'success', reason: null }
      : { outcome: 'error', reason: 'no match_lead' },
  }),
  jornaya: ({ query }) => ({
    body: { audit: { authentic: query.get('id') === 'forged' ? 0 : 1, reason: 4, result: 1 } },
  }),
  blacklist: ({ query }) =>
    query.get('phone')?.endsWith('0000')
      ? { body: { status: 'success', message: 'Blacklisted', code: 'plaintiff-primary', results: 1, scrubs: true } }
      : { body: { status: 'success', message: 'Good', code: 'none', results: 0, scrubs: true } },
};

/** Networks that pay for clicks. */
export const NETWORKS: Record<string, (request: VendorRequest) => VendorAnswer> = {
  talroo({ query }) {
    if (query.get('pass') !== 'talroo-pass') return { status: 403, body: '' };
    const job = (id: string, price: number) => ({
      ...{ id, title: `Job ${id}`, company: 'Acme', description: 'A job', city: ['New York,NY'], price },
      url: `https://www.jobs2careers.com/click.php?id=${id}.${query.get('id')}`,
    });
    const jobs = query.get('l') === '10001' ? [job('1', 12), job('2', 45), job('3', 0)] : [];
    return { body: { total: jobs.length, count: jobs.length, jobs } };
  },
  zeropark: ({ query }) =>
    query.get('ip') === null || query.get('useragent') === null
      ? { status: 204, body: '' }
      : { body: { bid: 0.0815, redirecturl: 'https://zi1.zeroredirect1.com/zcvisitor/8a80', clickid: 'c8a1' } },
};
