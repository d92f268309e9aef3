import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { browserKey } from '../tracking/campaign.ts';
import { applyListings, listing } from './campaign.ts';

interface Offer {
  rank: number;
  position: number;
  title: string;
  description: string;
  image: string;
  url: string;
  price?: number;
}

const ORIGIN = 'https://funnel.example';

describe('the offers of click networks on a page', function () {
  this.timeout(60_000);
  let deployment: Deployment;
  let base: string;
  let operator: string;
  before(async () => {
    deployment = await createDeployment();
    await applyListings(deployment, {
      low: { placement: { page: 'thanks', position: 2 } },
      top: { placement: { page: 'thanks', position: 1, offers: 2 } },
      also: { placement: { page: 'thanks', position: 1 } },
      slow: { placement: { page: 'slow', position: 1 }, click: impatient(deployment.buyers.url) },
      failing: { placement: { page: 'slow', position: 2 } },
      sound: { placement: { page: 'slow', position: 3 } },
      astray: { placement: { page: 'astray', position: 1 }, hosts: ['elsewhere.example'] },
      ruled: { placement: { page: 'ruled', position: 1 }, rule: { '==': [{ var: 'lead.outcome' }, 'rejected'] } },
      near: { placement: { page: 'near', position: 1 }, geo: { include: { states: ['CA'] } } },
    });
    for (const [name, bids] of Object.entries({ low: [9], top: [0.2, 0.5, 0.9], also: [0.5, 0.3] })) {
      deployment.buyers.setBehaviour(name, { ping: { bids } });
    }
    base = (await deployment.start()).url;
    const made = await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' });
    operator = made.key;
  });
  after(() => deployment.stop());

  const ask = (query: string, headers: Record<string, string> = {}) =>
    deployment.get(`/api/listings/cmp_test?${query}`, headers);
  const offersOf = (body: Record<string, unknown>) => body['offers'] as Offer[];
  const log = async (query: string) => {
    const { status, body } = await deployment.get(`/api/listings?${query}`, { 'x-api-key': operator });
    assert.equal(status, 200);
    return body['requests'] as { id: string; shown: number; networks: Record<string, unknown>[] }[];
  };
  const aSoldLead = async () => {
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'sold');
    return String(body['transaction_id']);
  };

  it('are ranked by position, then by what a click brings, then as their network has them', async () => {
    const id = await aSoldLead();
    const { status, headers, body } = await ask(`page=thanks&transaction_id=${id}`);
    assert.deepEqual([status, body['transaction_id'], headers.get('cache-control')], [200, id, 'no-store']);
    const offers = offersOf(body);
    assert.deepEqual(
      offers.map(({ rank, position, title, price }) => [rank, position, title, price]),
      [
        // Two of a network's three are shown: its own first two.
        [1, 1, 'Offer 1 of also', 0.5],
        [2, 1, 'Offer 2 of top', 0.5],
        [3, 1, 'Offer 2 of also', 0.3],
        [4, 1, 'Offer 1 of top', 0.2],
        [5, 2, 'Offer 1 of low', 9],
      ],
    );
    const [{ url, image, description } = {} as Offer] = offers;
    assert.match(url, /^https:\/\/leads\.example\/c\/off_[0-9a-f-]{36}$/);
    assert.equal(new Set(offers.map((offer) => offer.url)).size, offers.length);
    assert.deepEqual(
      [image, description],
      ['https://offers.example/pictures/also.png', 'Compare three quotes in two minutes.'],
    );
    const two = await ask(`page=thanks&transaction_id=${id}&limit=2`);
    assert.deepEqual(
      offersOf(two.body).map(({ title }) => title),
      ['Offer 1 of also', 'Offer 2 of top'],
    );
  });

  it('are none on a page that has no listing', async () => {
    const { status, body } = await ask('page=elsewhere');
    assert.deepEqual([status, offersOf(body)], [200, []]);
    assert.equal((await ask('page=Not%20A%20Page')).body['code'], 'invalid_parameters');
  });

  it('come without those of a network that hangs or fails, and operators see why', async () => {
    deployment.buyers.setBehaviour('slow', { ping: { mode: 'hang' } });
    deployment.buyers.setBehaviour('failing', { ping: { mode: 'error', status: 503 } });
    const { status, body } = await ask('page=slow&zip=10001');
    assert.equal(status, 200);
    assert.deepEqual(
      offersOf(body).map(({ title }) => title),
      ['Offer 1 of sound'],
    );
    const [request] = await log('listing=int_slow&campaign=cmp_test');
    assert.deepEqual(
      request?.networks.map(({ listing, result, offers }) => [listing, result, offers]),
      [
        ['int_slow', 'timeout', 0],
        ['int_failing', 'http_503', 0],
        ['int_sound', 'offers', 1],
      ],
    );
  });

  it('never lead to a host that the listing does not name', async () => {
    const { body } = await ask('page=astray');
    assert.deepEqual(offersOf(body), []);
    const [request] = await log('listing=int_astray&empty=true');
    assert.deepEqual(
      request?.networks.map(({ result, dropped }) => [result, dropped]),
      [['no_offers', [{ reason: 'address_not_allowed', offers: 1 }]]],
    );
  });

  it('obey the rules and areas of their listings, which see the lead and what became of it', async () => {
    const id = await aSoldLead();
    assert.deepEqual(offersOf((await ask(`page=ruled&transaction_id=${id}`)).body), []);
    const [request] = await log(`transaction_id=${id}`);
    assert.deepEqual([request?.shown, request?.networks[0]?.['result']], [0, 'rule']);
    assert.deepEqual(offersOf((await ask(`page=near&transaction_id=${id}`)).body), []);
    // Without a lead the page may say where its visitor is.
    assert.equal(offersOf((await ask('page=near&state=CA')).body).length, 1);
    assert.deepEqual(offersOf((await ask('page=near&state=NY')).body), []);
  });

  it('are shown to a visit that has no lead yet', async () => {
    const visit = await fetch(`${base}/click/cmp_test?pid=src_one&format=json`);
    const id = ((await visit.json()) as Record<string, string>)['transaction_id'];
    const { status, body } = await ask(`page=thanks&transaction_id=${id}`);
    assert.deepEqual([status, body['transaction_id'], offersOf(body).length], [200, id, 5]);
  });

  it("are nobody else's: a lead of another source or mode does not exist", async () => {
    const id = await aSoldLead();
    const keyOf = async (order: object) =>
      (await deployment.keys.api.create({ kind: 'seller', mode: 'live', by: 'test', ...order } as never)).key;
    const other = await keyOf({ seller: 'sel_one', source: 'src_other' });
    const two = await keyOf({ seller: 'sel_two' });
    const never = 'txn_01890a5d-ac96-774b-bcce-b302099a8057';
    for (const [lead, key] of [
      [id, other],
      [id, two],
      [id, deployment.keys.test],
      [never, deployment.keys.live],
      ['x', deployment.keys.live],
    ] as const) {
      const { status, body } = await ask(`page=thanks&transaction_id=${lead}`, { 'x-api-key': key });
      assert.deepEqual([status, body['code']], [404, 'unknown_lead'], lead);
    }
    assert.equal((await ask('page=thanks', { 'x-api-key': operator })).body['code'], 'key_not_allowed');
    assert.equal((await deployment.get('/api/listings')).body['code'], 'key_not_allowed');
  });

  it('are asked for by a page in a browser, which sees no price; its visitor is who asks', async () => {
    const key = await browserKey(deployment, [ORIGIN]);
    const id = await aSoldLead();
    const headers = { 'x-api-key': key, origin: ORIGIN, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
    const answer = await ask(`page=thanks&transaction_id=${id}`, headers);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN);
    assert.ok(offersOf(answer.body).every((offer) => !('price' in offer)));
    const kept = await deployment.models.listingAsks.findOne({ lead: id }).lean();
    assert.match(kept?.asked[0]?.exchange ?? '', /ip=127\.0\.0\.1/);
    assert.match(kept?.asked[0]?.exchange ?? '', /ua=Mozilla/);
    const stranger = await ask('page=thanks', { ...headers, origin: 'https://evil.example' });
    assert.deepEqual([stranger.status, stranger.body['code']], [403, 'origin_not_allowed']);
    const wanted = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-api-key' };
    const preflight = await fetch(`${base}/api/listings/cmp_test`, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, ...wanted },
    });
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-methods')], [204, 'GET']);
  });

  it('of a test key are those of the test addresses', async () => {
    const { body } = await ask('page=thanks', { 'x-api-key': deployment.keys.test });
    assert.deepEqual([body['sandbox'], offersOf(body).length], [true, 5]);
    await eventually(async () => deployment.buyers.log({ buyer: 'low' }).some(({ sandbox }) => sandbox));
  });

  it('refuse what other addresses of a campaign refuse', async () => {
    const code = async (path: string, key = deployment.keys.live) =>
      (await deployment.get(path, { 'x-api-key': key })).body['code'];
    assert.equal(await code('/api/listings/cmp_nowhere?page=thanks'), 'unknown_campaign');
    assert.equal(await code('/api/listings/cmp_test?page=thanks&pid=src_two'), 'source_not_allowed');
    assert.equal(await code('/api/listings/cmp_test?page=thanks&pid=src_nobody'), 'source_not_allowed');
    const { key } = await deployment.keys.api.create({ kind: 'seller', seller: 'sel_one', mode: 'live', by: 'test' });
    assert.equal(await code('/api/listings/cmp_test?page=thanks', key), 'source_required');
    assert.equal(await code('/api/listings/cmp_test?page=thanks&pid=src_paused', key), 'source_inactive');
    assert.equal(await code('/api/listings/cmp_test?page=thanks&pid=src_elsewhere', key), 'campaign_not_allowed');
  });
});

/** With so short a time that a network which hangs is not waited for. */
function impatient(base: string) {
  const { click } = listing(base, 'slow');
  return click && { ...click, request: { ...click.request, timeoutMs: 300 } };
}
