import assert from 'node:assert/strict';
import { countClick } from '../../activities/listing/count-click.ts';
import type { CapRecord } from '../../models/cap.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import { native } from '../../models/native.ts';
import { createLogger } from '../../log/logger.ts';
import { createListingSweep } from '../../server/listings/sweep.ts';
import { auditLedger } from '../../server/statements/check.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { applyListings } from './campaign.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36';
const LISTINGS = {
  open: { placement: { page: 'thanks', position: 1 } },
  paying: { placement: { page: 'paying', position: 1 }, payout: { share: 0.5 } },
  capped: { placement: { page: 'capped', position: 1 }, caps: [{ count: 'accepted', max: 7, per: 'total' }] },
  budget: { placement: { page: 'budget', position: 1 }, caps: [{ revenue: 1, per: 'total' }] },
  asked: { placement: { page: 'asked', position: 1 }, caps: [{ count: 'sent', max: 3, per: 'total' }] },
  leaving: { placement: { page: 'leaving', position: 1 } },
} as const;

describe('clicks on offers', function () {
  this.timeout(60_000);
  let deployment: Deployment;
  let bases: string[];
  before(async () => {
    deployment = await createDeployment();
    await applyListings(deployment, LISTINGS as never);
    for (const name of Object.keys(LISTINGS)) deployment.buyers.setBehaviour(name, { ping: { bids: [0.3] } });
    bases = [(await deployment.start()).url, (await deployment.start()).url];
  });
  after(() => deployment.stop());

  /** The path of the tracked address of the first offer on a page. */
  const offerOn = async (page: string, query = '', key = deployment.keys.live) => {
    const { body } = await deployment.get(`/api/listings/cmp_test?page=${page}${query}`, { 'x-api-key': key });
    const [offer] = body['offers'] as { url: string }[];
    return offer ? new URL(offer.url).pathname : '';
  };
  const follow = (path: string, headers: Record<string, string> = {}, method = 'GET', base = bases[0]) =>
    fetch(`${base}${path}`, { method, redirect: 'manual', headers: { 'user-agent': BROWSER, ...headers } });
  const idOf = (path: string) => path.slice('/c/'.length);
  const clickOf = (path: string) => deployment.models.listingClicks.findOne({ offer: idOf(path) }).lean();
  const rowsOf = (page: string) => deployment.models.ledger.find({ kind: 'click', integration: `int_${page}` }).lean();
  const placesIn = async (window: string) => {
    const cap = await native<CapRecord>(deployment.models.caps).findOne({ _id: window });
    return { n: cap?.n ?? 0, open: cap?.open.length ?? 0 };
  };

  it('are counted once each, sent on to the offer, and marked when they are repeated', async () => {
    const path = await offerOn('thanks');
    for (const _ of [1, 2, 3]) {
      const answer = await follow(path);
      assert.deepEqual(
        [answer.status, answer.headers.get('location'), answer.headers.get('cache-control')],
        [302, 'https://offers.example/go/open/1', 'no-store'],
      );
    }
    const click = await clickOf(path);
    assert.deepEqual([click?.state, click?.repeats, click?.open], ['counted', 2, undefined]);
    const row = await deployment.models.ledger.findById(`${click?._id}:click`).lean();
    const { kind, amount, payout, integration, network, source } = row ?? {};
    assert.deepEqual(
      { kind, amount, payout, integration, network, source },
      { kind: 'click', amount: 300_000, payout: 0, integration: 'int_open', network: 'custom', source: 'src_one' },
    );
  });

  it('of fifty at once on two nodes one is counted', async () => {
    const before = (await rowsOf('open')).length;
    const path = await offerOn('thanks');
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => follow(path, {}, 'GET', bases[at % 2])));
    assert.ok(answers.every(({ status }) => status === 302));
    const click = await clickOf(path);
    assert.deepEqual([click?.state, click?.repeats], ['counted', 49]);
    assert.equal((await rowsOf('open')).length, before + 1);
  });

  it('of one lead on the same offer count once, however often its page was loaded', async () => {
    const { body } = await deployment.post(aLead());
    const query = `&transaction_id=${String(body['transaction_id'])}`;
    const before = (await rowsOf('open')).length;
    const paths = [await offerOn('thanks', query), await offerOn('thanks', query)];
    assert.notEqual(paths[0], paths[1]);
    for (const path of paths) assert.equal((await follow(path)).status, 302);
    assert.equal((await rowsOf('open')).length, before + 1);
    const lead = String(body['transaction_id']);
    assert.deepEqual(
      (await deployment.models.listingClicks.find({ lead }).lean()).map(({ repeats }) => repeats),
      [1],
    );
  });

  it('of programs, and looks ahead, are not counted', async () => {
    const path = await offerOn('thanks');
    const head = await follow(path, {}, 'HEAD');
    assert.deepEqual([head.status, head.headers.get('location')], [302, 'https://offers.example/go/open/1']);
    assert.equal((await follow(path, { 'sec-purpose': 'prefetch;prerender' })).status, 204);
    assert.equal((await follow(path, { purpose: 'prefetch' })).status, 204);
    assert.equal((await follow(path, { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' })).status, 302);
    assert.equal(await clickOf(path), null);
  });

  it('never send anybody to an address that no network offered', async () => {
    const evil = encodeURIComponent('https://evil.example/');
    const path = await offerOn('thanks');
    for (const query of [`?url=${evil}`, `?to=${evil}`, `?redirect=${evil}`]) {
      assert.equal((await follow(path + query)).headers.get('location'), 'https://offers.example/go/open/1');
    }
    const unknown = ['off_01890a5d-ac96-774b-bcce-b302099a8057', evil, '..%2f..', 'x'];
    for (const token of unknown) {
      const answer = await follow(`/c/${token}`, { accept: 'application/json' });
      assert.deepEqual(
        [answer.status, ((await answer.json()) as { code: string }).code],
        [404, 'unknown_offer'],
        token,
      );
      assert.equal(answer.headers.get('location'), null);
    }
  });

  it('on an offer that has ended show a page that says so', async () => {
    const path = await offerOn('thanks');
    await deployment.models.listingOffers.updateOne({ _id: idOf(path) }, { $set: { expiresAt: new Date(0) } });
    const page = await follow(path, { accept: 'text/html,*/*;q=0.8' });
    assert.equal(page.status, 410);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.match(await page.text(), /This offer has ended/);
    const asJson = await follow(path, { accept: 'application/json' });
    assert.deepEqual([asJson.status, ((await asJson.json()) as { code: string }).code], [410, 'offer_expired']);
    const never = await follow('/c/off_01890a5d-ac96-774b-bcce-b302099a8057', { accept: 'text/html' });
    assert.deepEqual([never.status, /This offer has ended/.test(await never.text())], [404, true]);
    assert.equal(await clickOf(path), null);
  });

  it('never take more than the caps of their listing, and give no place away twice', async () => {
    const paths = await Promise.all(Array.from({ length: 24 }, () => offerOn('capped')));
    assert.ok(paths.every((path) => path !== ''));
    const answers = await Promise.all(
      paths.flatMap((path) => [follow(path, {}, 'GET', bases[0]), follow(path, {}, 'GET', bases[1])]),
    );
    const counted = await deployment.models.listingClicks.find({ listing: 'int_capped' }).lean();
    const states = counted.map(({ state }) => state);
    assert.equal(states.filter((state) => state === 'counted').length, 7);
    assert.equal(states.filter((state) => state === 'refused').length, 17);
    // Both of a pair fare alike.
    assert.equal(answers.filter(({ status }) => status === 302).length, 14);
    assert.equal(answers.filter(({ status }) => status === 410).length, 34);
    assert.equal((await rowsOf('capped')).length, 7);
    assert.deepEqual(await placesIn('int_capped:accepted:total'), { n: 7, open: 0 });
    // Full, it is not asked again.
    await eventually(async () => (await offerOn('capped')) === '');
  });

  it('never bring more than a budget, and a page asks no more often than it may', async () => {
    const paths = await Promise.all(Array.from({ length: 8 }, () => offerOn('budget')));
    await Promise.all(paths.map((path) => follow(path)));
    const rows = await rowsOf('budget');
    assert.deepEqual(
      rows.map(({ amount }) => amount),
      [300_000, 300_000, 300_000],
    );
    assert.deepEqual(await placesIn('int_budget:revenue:total'), { n: 900_000, open: 0 });
    const shown = await Promise.all(Array.from({ length: 9 }, () => offerOn('asked')));
    assert.equal(shown.filter((path) => path !== '').length, 3);
  });

  it('of a test key cost nobody anything', async () => {
    const path = await offerOn('thanks', '', deployment.keys.test);
    assert.equal((await follow(path)).status, 302);
    const click = await clickOf(path);
    assert.deepEqual([click?.mode, click?.state], ['test', 'counted']);
    assert.equal(await deployment.models.ledger.findById(`${click?._id}:click`).lean(), null);
  });

  it('that a node left half counted are taken over, and finished', async () => {
    const offer = async (page: string) =>
      native<ListingOfferRecord>(deployment.models.listingOffers).findOne({ _id: idOf(await offerOn(page)) });
    const { models, store } = deployment;
    const config = { live: () => ({ integrations: new Map() }) } as never;
    const waiting = (await offer('thanks'))!;
    await countClick({ models, config }, waiting);
    const clicks = models.listingClicks;
    // Whoever had it is gone, with a place in a cap that was never settled.
    const places = [{ window: 'left:accepted:total', kind: 'accepted', max: 5, amount: 1 }];
    const left = { state: 'counting', owner: 'gone', places, open: true };
    await clicks.updateOne({ _id: waiting.click }, { $set: left });
    await native<CapRecord>(models.caps).insertOne({
      _id: 'left:accepted:total',
      n: 1,
      open: [`${waiting.click}|gone`],
    });
    assert.equal(await countClick({ models, config }, waiting, 100), 'counted');
    assert.deepEqual(await placesIn('left:accepted:total'), { n: 1, open: 0 });
    // Counted, but its row was never written.
    const lost = (await offer('thanks'))!;
    await countClick({ models, config }, lost);
    await models.ledger.deleteOne({ _id: `${lost.click}:click` });
    await clicks.updateOne({ _id: lost.click }, { $set: { open: true, at: new Date(Date.now() - 120_000) } });
    const until = new Date();
    const found = await auditLedger(models, until);
    assert.deepEqual(
      found.findings.map(({ id, what }) => [id, what]),
      [[lost.click, 'row_missing']],
    );
    await createListingSweep({ models, keepDays: 90, log: createLogger('fatal', 'test') }).sweep();
    assert.deepEqual((await auditLedger(models, until)).findings, []);
    assert.ok(store);
  });

  it('that came when a cap was full may come again, from another showing', async () => {
    const { models } = deployment;
    const lead = 'txn_01890a5d-ac96-774b-bcce-b302099a8058';
    const shown = await offerOn('thanks');
    const first = (await native<ListingOfferRecord>(models.listingOffers).findOne({ _id: idOf(shown) }))!;
    const offer = { ...first, lead, click: `${lead}:int_open:x` };
    const windows = [{ id: 'full:accepted:total', kind: 'accepted', per: 'total', max: 0 }];
    const full = { id: 'int_open', filters: { capWindows: () => windows } };
    const having = (integration?: object) =>
      ({ live: () => ({ integrations: new Map(integration ? [['int_open', integration]] : []) }) }) as never;
    assert.equal(await countClick({ models, config: having(full) }, offer), 'refused');
    assert.equal(await countClick({ models, config: having() }, offer), 'refused');
    const again = Array.from({ length: 5 }, (_, at) => ({ ...offer, _id: `${offer._id}${at}` }));
    const results = await Promise.all(again.map((one) => countClick({ models, config: having() }, one)));
    assert.equal(results.filter((result) => result === 'counted').length, 1);
    assert.equal((await models.listingClicks.findById(offer.click).lean())?.state, 'counted');
    assert.equal(await models.ledger.countDocuments({ lead, kind: 'click' }), 1);
  });

  it('are forgotten only where the ledger does not rest on them', async () => {
    const { models } = deployment;
    const day = 86_400_000;
    const clicks = await models.listingClicks.countDocuments();
    const log = createLogger('fatal', 'test');
    await createListingSweep({ models, keepDays: 90, log, now: () => Date.now() + 80 * day }).sweep();
    assert.ok((await models.listingOffers.countDocuments()) > 0);
    await createListingSweep({ models, keepDays: 90, log, now: () => Date.now() + 100 * day }).sweep();
    assert.equal(await models.listingOffers.countDocuments(), 0);
    assert.equal(await models.listingAsks.countDocuments(), 0);
    assert.equal(await models.listingClicks.countDocuments(), clicks);
  });

  it('end with their listing, and offers with their campaign', async () => {
    const path = await offerOn('leaving');
    assert.equal((await follow(path)).status, 302);
    await applyListings(deployment, { ...LISTINGS, leaving: { ...LISTINGS.leaving, paused: true } } as never);
    await eventually(async () => (await follow(path)).status === 410);
    const file = (await deployment.store.current())?.file;
    assert.ok(file);
    const campaigns = file.campaigns?.map((campaign) => ({ ...campaign, paused: true }));
    await deployment.apply({ ...file, ...(campaigns ? { campaigns } : {}) });
    await eventually(async () => {
      const { status, body } = await deployment.get('/api/listings/cmp_test?page=thanks');
      return status === 403 && body['code'] === 'campaign_paused';
    });
  });
});
