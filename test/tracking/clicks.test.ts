import assert from 'node:assert/strict';
import { createLogger } from '../../log/logger.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { createClickSweep } from '../../server/tracking/sweep.ts';
import { aLead, createDeployment, type Deployment } from '../leads/deployment.ts';
import { applyTracking } from './campaign.ts';

const aVisit = {
  campaign: 'cmp_test',
  seller: 'sel_one',
  source: 'src_one',
  mode: 'live',
  at: new Date(),
  tracking: {},
  device: 'other',
} as const;
const LANDING = 'https://landing.example/solar?layout=b';

describe('clicks', () => {
  let deployment: Deployment;
  let base: string;
  let test: string;
  before(async () => {
    deployment = await createDeployment();
    await applyTracking(
      deployment,
      { landingUrl: LANDING },
      { sources: [{ id: 'src_own_page', seller: 'sel_one', landingUrl: 'https://own.example/' }] },
    );
    base = (await deployment.start()).url;
    test = deployment.keys.test;
  });
  after(() => deployment.stop());

  const follow = (query: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${base}/click/cmp_test?${query}`, { method, headers, redirect: 'manual' });
  const ask = async (query: string) => {
    const answer = await follow(`${query}&format=json`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const idOf = async (query: string) => String((await ask(query)).body['transaction_id']);
  const clickOf = (id: unknown) => deployment.models.clicks.findById(String(id)).lean();

  it('sends the visitor to the landing page with the transaction id and the tracking fields, and records the visit', async () => {
    const answer = await follow('pid=src_one&sub1=ad%207&utm_source=search&cost=1.25&layout=x', {
      accept: 'text/html,*/*;q=0.8',
      referer: 'https://blog.example/post/about-ada?name=Ada',
      'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148',
    });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const page = new URL(answer.headers.get('location') ?? '');
    assert.equal(page.origin + page.pathname, 'https://landing.example/solar');
    const { transaction_id: id, ...rest } = Object.fromEntries(page.searchParams);
    assert.deepEqual(rest, { layout: 'b', pid: 'src_one', sub1: 'ad 7', utm_source: 'search' });
    const click = await clickOf(id);
    assert.deepEqual(click?.tracking, { sub1: 'ad 7', utm_source: 'search', cost: 1.25 });
    const { campaign, seller, source, mode, device, referrer } = click ?? {};
    assert.deepEqual(
      { campaign, seller, source, mode, device, referrer },
      {
        campaign: 'cmp_test',
        seller: 'sel_one',
        source: 'src_one',
        mode: 'live',
        device: 'mobile',
        referrer: 'blog.example',
      },
    );
  });

  it('answers in JSON for a caller that asks for it', async () => {
    const byQuery = await ask('pid=src_one');
    assert.equal(byQuery.status, 200);
    assert.match(String(byQuery.body['transaction_id']), /^txn_/);
    const byHeader = await follow('pid=src_one', { accept: 'application/json' });
    assert.equal(byHeader.status, 200);
    assert.match(
      String(((await byHeader.json()) as Record<string, unknown>)['landing_url']),
      /^https:\/\/landing\.example\//,
    );
  });

  it('never sends a visitor anywhere but to a configured page', async () => {
    const evil = encodeURIComponent('https://evil.example/');
    for (const name of ['url', 'redirect', 'landing_url', 'landingUrl', 'next', 'sub1', 'clid']) {
      const answer = await follow(`pid=src_one&${name}=${evil}`);
      assert.equal(new URL(answer.headers.get('location') ?? '').host, 'landing.example', name);
    }
    const own = await follow('pid=src_own_page');
    assert.equal(new URL(own.headers.get('location') ?? '').host, 'own.example');
  });

  it('leaves out what it cannot read, and records no look ahead', async () => {
    const { body } = await ask('pid=src_one&cost=cheap&cost_operation=double&sub2=a&sub2=b&min_price=9&tcpa_consent=1');
    assert.deepEqual((await clickOf(body['transaction_id']))?.tracking, { sub2: 'a' });
    const known = await deployment.models.clicks.countDocuments();
    const ahead = await follow('pid=src_one', { 'sec-purpose': 'prefetch' });
    const head = await follow('pid=src_one', {}, 'HEAD');
    for (const answer of [ahead, head]) {
      assert.equal(answer.status, 302);
      assert.equal(new URL(answer.headers.get('location') ?? '').searchParams.has('transaction_id'), false);
    }
    assert.equal(await deployment.models.clicks.countDocuments(), known);
  });

  it('refuses a campaign or source that cannot be visited', async () => {
    const code = async (path: string) => ((await (await fetch(base + path)).json()) as { code: string }).code;
    assert.equal(await code('/click/cmp_nowhere?pid=src_one'), 'unknown_campaign');
    assert.equal(await code('/click/cmp_test?pid=src_nobody'), 'source_not_allowed');
    assert.equal(await code('/click/cmp_test?pid=src_paused'), 'source_inactive');
    assert.equal(await code('/click/cmp_test?pid=src_elsewhere'), 'campaign_not_allowed');
    assert.equal(await code('/click/cmp_test'), 'source_required');
    assert.equal(await code('/click/cmp_test?pid=src_one&format=xml'), 'invalid_parameters');
    assert.equal(await code(`/click/cmp_test?key=${deployment.keys.live}`), 'key_not_allowed');
  });

  it('forgets the visits that were kept long enough, and no others', async () => {
    const { clicks } = deployment.models;
    const day = 86_400_000;
    const now = Date.now() + 1000 * day;
    const made = [91, 90.5, 89, 0].map((days) => ({ ...aVisit, _id: newTransactionId(now - days * day) }));
    await clicks.deleteMany({});
    await clicks.insertMany(made);
    const log = createLogger('fatal', 'test');
    assert.equal(await createClickSweep({ models: { clicks }, keepDays: 90, log, now: () => now }).sweep(), 2);
    const left = (await clicks.find({}, { _id: 1 }).sort({ _id: 1 }).lean()).map(({ _id }) => _id);
    assert.deepEqual(
      left,
      made.slice(2).map(({ _id }) => _id),
    );
  });

  describe('and their leads', () => {
    it('a lead takes over the id and, where it says nothing itself, the tracking fields of its visit', async () => {
      const id = await idOf('pid=src_one&sub1=from-click&sub2=from-click&cost=2');
      const { status, body } = await deployment.post(aLead({ transaction_id: id, sub1: 'from-lead' }));
      assert.deepEqual([status, body['transaction_id'], body['outcome']], [200, id, 'sold']);
      const lead = await deployment.models.leads.findById(id).lean();
      assert.deepEqual(lead?.tracking, { sub1: 'from-lead', sub2: 'from-click', cost: 2 });
    });

    it('a visit becomes one lead; a repeated post is answered again', async () => {
      const id = await idOf('pid=src_one');
      const lead = aLead({ transaction_id: id });
      const first = await deployment.post(lead, { 'idempotency-key': `first-${id}` });
      assert.equal(first.body['outcome'], 'sold');
      const again = await deployment.post(lead, { 'idempotency-key': `first-${id}` });
      assert.deepEqual([again.status, again.body], [200, first.body]);
      const headersOf: Record<string, string>[] = [{}, { 'idempotency-key': `second-${id}` }];
      for (const headers of headersOf) {
        const other = await deployment.post(aLead({ transaction_id: id }), headers);
        assert.deepEqual([other.status, other.body['code']], [409, 'click_already_used']);
      }
      assert.equal(deployment.buyers.accepted()[id]?.length, 1);
    });

    it('of leads that race for a visit one is taken in', async () => {
      const id = await idOf('pid=src_one');
      const posts = Array.from({ length: 8 }, () => deployment.post(aLead({ transaction_id: id })));
      const codes = (await Promise.all(posts)).map(({ status, body }) => body['code'] ?? status);
      assert.deepEqual(
        codes.filter((code) => code === 200),
        [200],
      );
      assert.equal(codes.filter((code) => code === 'click_already_used').length, 7);
      assert.equal(deployment.buyers.accepted()[id]?.length, 1);
    });

    it('a visit of another source, of the other mode, or none at all is unknown', async () => {
      const other = await idOf('pid=src_two');
      const sandbox = await idOf('pid=src_one&sandbox=1');
      const live = await idOf('pid=src_one');
      const never = 'txn_01890a5d-ac96-774b-bcce-b302099a8057';
      for (const [id, headers] of [
        [other, {}],
        [sandbox, {}],
        [live, { 'x-api-key': test }],
        [never, {}],
        ['x', {}],
        [7, {}],
      ] as const) {
        const { status, body } = await deployment.post(aLead({ transaction_id: id }), headers);
        assert.deepEqual([status, body['code']], [422, 'unknown_click'], String(id));
      }
      const { body } = await deployment.post(aLead({ transaction_id: sandbox }), { 'x-api-key': test });
      assert.deepEqual([body['transaction_id'], body['sandbox']], [sandbox, true]);
    });

    it("a key for all of a seller's sources posts for the source of the visit", async () => {
      const { key } = await deployment.keys.api.create({ kind: 'seller', seller: 'sel_one', mode: 'live', by: 'test' });
      const id = await idOf('pid=src_own_page&sub3=x');
      const { body } = await deployment.post(aLead({ transaction_id: id }), { 'x-api-key': key });
      assert.equal(body['transaction_id'], id);
      assert.equal((await deployment.models.leads.findById(id).lean())?.source, 'src_own_page');
      const twice = await idOf('pid=src_own_page');
      const wrong = await deployment.post(aLead({ transaction_id: twice, pid: 'src_one' }), { 'x-api-key': key });
      assert.equal(wrong.body['code'], 'unknown_click');
    });
  });
});
