import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { launchBrowser, startSite, visit, type Site } from './browser.ts';
import { applyTracking, browserKey } from './campaign.ts';

/** The SDK as a page sees it. */
interface Sdk {
  transactionId(): Promise<string | undefined>;
  submit(fields: Record<string, unknown>): Promise<Record<string, unknown>>;
  event(name: string, data?: Record<string, unknown>): Promise<Record<string, unknown>>;
  step(name: string): void;
}

describe('the browser SDK, in Chromium', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let browser: Browser;
  let site: Site;
  let stranger: Site;
  let base: string;
  let key: string;
  before(async () => {
    [deployment, browser, site, stranger] = await Promise.all([
      createDeployment(),
      launchBrowser(),
      startSite(),
      startSite(),
    ]);
    await applyTracking(
      deployment,
      {
        landingUrl: `${site.origin}/landing`,
        allowedOrigins: [site.origin],
        events: [
          { on: 'view', event: 'page_viewed' },
          { on: 'view', selector: '#offer', event: 'offer_seen' },
          { on: 'click', selector: '.call', event: 'call_clicked' },
          { on: 'step', step: 'contact', event: 'contact_reached' },
          { on: 'submit', event: 'lead_submitted' },
        ],
      },
      {
        events: [
          ...['page_viewed', 'offer_seen', 'call_clicked', 'contact_reached', 'lead_submitted'].map((id) => ({ id })),
          { id: 'sale_completed', conversion: true },
        ],
      },
    );
    base = (await deployment.start()).url;
    key = await browserKey(deployment, [site.origin, stranger.origin]);
    const script = `<script src="${base}/sdk.js" data-campaign="cmp_test" data-key="${key}"></script>`;
    const page = `<!doctype html><title>Landing</title>${script}`;
    site.put(
      '/landing',
      `${page}<button class="call"><b>Call</b></button><div style="height:3000px"></div><p id="offer">Offer</p>`,
    );
    stranger.put('/landing', page);
    site.put(
      '/form',
      `${page}<form data-leadwire>
        <input name="zip" value="10001"><input name="first_name" value="Ada"><input name="last_name" value="Lovelace">
        <input name="email" value="ada@example.com"><input name="phone" value="(212) 555-0142">
        <input type="checkbox" name="tcpa_consent" checked><input type="file" name="photo">
        <button>Send</button>
      </form><script>document.addEventListener('leadwire:answer', (event) => { event.preventDefault(); window.told = event.detail; })</script>`,
    );
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
    await stranger?.stop();
    await deployment?.stop();
  });

  /** Calls the SDK in the page. */
  const call = <Name extends keyof Sdk>(page: Page, name: Name, ...args: unknown[]) =>
    page.evaluate(`Leadwire.${name}(...${JSON.stringify(args)})`) as ReturnType<Sdk[Name]>;
  const clickOf = (id: unknown) => deployment.models.clicks.findById(String(id)).lean();
  const leadOf = (id: unknown) => deployment.models.leads.findById(String(id)).lean();

  it('gets a transaction id once a session, with where the visitor came from', async () => {
    const page = await visit(browser, `${site.origin}/landing?sub1=ad7&utm_source=search&gclid=G1&name=Ada`);
    const id = await call(page, 'transactionId');
    const click = await clickOf(id);
    assert.deepEqual(click?.tracking, { sub1: 'ad7', utm_source: 'search', external_clickid: 'G1' });
    assert.equal(click?.source, 'src_one');
    await page.goto(`${site.origin}/landing`);
    assert.equal(await call(page, 'transactionId'), id);
    assert.deepEqual(page.faults, []);
    const another = await visit(browser, `${site.origin}/landing`);
    assert.notEqual(await call(another, 'transactionId'), id);
  });

  it('submits the lead of a visit that came through a tracking link, and of the next one a lead of its own', async () => {
    const page = await visit(browser, `${base}/click/cmp_test?pid=src_one&sub2=from-link&cost=3`);
    assert.equal(new URL(page.url()).origin, site.origin);
    const id = new URL(page.url()).searchParams.get('transaction_id');
    assert.equal(await call(page, 'transactionId'), id);
    const answer = await call(page, 'submit', aLead({ phone: '212-555-0143' }));
    assert.deepEqual([answer['ok'], answer['outcome'], answer['transaction_id']], [true, 'accepted', id]);
    assert.equal('price' in answer, false);
    const lead = await leadOf(id);
    assert.deepEqual([lead?.outcome, lead?.fields['phone']], ['sold', '+12125550143']);
    assert.deepEqual(lead?.tracking, { sub2: 'from-link', cost: 3 });

    const next = await call(page, 'submit', aLead());
    assert.equal(next['ok'], true);
    assert.notEqual(next['transaction_id'], id);
    assert.ok(await clickOf(next['transaction_id']), 'the second lead has a visit of its own');
    assert.equal(await call(page, 'transactionId'), next['transaction_id'], 'events go by the latest lead');
  });

  it('posts a lead all the same when its transaction id is good for nothing', async () => {
    const spent = 'txn_01890a5d-ac96-774b-bcce-b302099a8057';
    const page = await visit(browser, `${site.origin}/landing?transaction_id=${spent}&sub1=kept`);
    const answer = await call(page, 'submit', aLead());
    assert.equal(answer['outcome'], 'accepted');
    assert.notEqual(answer['transaction_id'], spent);
    assert.deepEqual((await leadOf(answer['transaction_id']))?.tracking, { sub1: 'kept' });
  });

  it('makes one lead of a double click, and tells which fields are wrong', async () => {
    const page = await visit(browser, `${site.origin}/landing`);
    const text = JSON.stringify(aLead());
    const both = (await page.evaluate(`Promise.all([Leadwire.submit(${text}), Leadwire.submit(${text})])`)) as {
      transaction_id: string;
    }[];
    assert.equal(both[0]?.transaction_id, both[1]?.transaction_id);
    const refused = await call(page, 'submit', aLead({ zip: undefined, phone: 'none' }));
    assert.deepEqual([refused['ok'], refused['status'], refused['code']], [false, 400, 'invalid_fields']);
    assert.deepEqual(Object.keys(refused['missingFields'] as object), ['zip']);
    assert.deepEqual(Object.keys(refused['invalidFields'] as object), ['phone']);
  });

  it('asks again when an answer is lost on the way, and makes one lead of it', async () => {
    const page = await visit(browser, `${site.origin}/landing`);
    let posts = 0;
    await page.route(`${base}/api/lead/*`, async (route) => {
      if (route.request().method() !== 'POST' || ++posts > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    const answer = await call(page, 'submit', aLead());
    assert.deepEqual([answer['ok'], answer['outcome'], posts], [true, 'accepted', 2]);
    assert.equal(deployment.buyers.accepted()[String(answer['transaction_id'])]?.length, 1);
  });

  it('posts forms of the page that are marked for it', async () => {
    const page = await visit(browser, `${site.origin}/form`);
    await page.getByText('Send').click();
    const told = await eventually(async () => (await page.evaluate('window.told')) as Record<string, unknown>);
    assert.deepEqual([told['ok'], told['outcome']], [true, 'accepted']);
    const lead = await leadOf(told['transaction_id']);
    assert.equal(lead?.fields['phone'], '+12125550142');
    assert.equal(lead?.tracking['tcpa_consent'], true);
    assert.match(String(lead?.tracking['tcpa_consent_date']), /^\d{4}-\d\d-\d\d/);
    assert.equal(new URL(page.url()).pathname, '/form', 'the page kept its visitor');
  });

  it('fires the configured events on views, clicks, steps and submits', async () => {
    const page = await (await browser.newContext()).newPage();
    const fired: Record<string, unknown>[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url() === `${base}/api/event/trigger`) {
        fired.push({ ...(request.postDataJSON() as object), with: request.headers()['x-api-key'] });
      }
    });
    const names = () => fired.map((event) => String(event['event_id'])).sort();
    const firedSoFar = (...wanted: string[]) =>
      eventually(async () => JSON.stringify(names()) === JSON.stringify(wanted.sort()), 20_000).catch(() =>
        assert.deepEqual(names(), wanted),
      );
    await page.goto(`${site.origin}/landing`);
    await firedSoFar('page_viewed');
    await page.getByText('Call').click();
    await firedSoFar('page_viewed', 'call_clicked');
    await page.locator('#offer').scrollIntoViewIfNeeded();
    await firedSoFar('page_viewed', 'call_clicked', 'offer_seen');
    await page.evaluate(`Leadwire.step('address'); Leadwire.step('contact')`);
    await firedSoFar('page_viewed', 'call_clicked', 'offer_seen', 'contact_reached');
    const { transaction_id: id } = await call(page, 'submit', aLead());
    const sold = await call(page, 'event', 'sale_completed', { revenue: 45 });
    assert.deepEqual([sold['ok'], sold['message']], [true, 'Event triggered successfully']);
    await firedSoFar(
      'page_viewed',
      'call_clicked',
      'offer_seen',
      'contact_reached',
      'lead_submitted',
      'sale_completed',
    );
    for (const event of fired)
      assert.deepEqual([event['cid'], event['transaction_id'], event['with']], ['cmp_test', id, key]);
    assert.equal(fired.find((event) => event['event_id'] === 'sale_completed')?.['revenue'], 45);
    // All of them are in: of a visit first, then of its lead.
    const stored = await eventually(async () => {
      const found = await deployment.models.events.find({ lead: String(id) }).lean();
      return found.length === fired.length && found;
    });
    assert.deepEqual(stored.map(({ event }) => event).sort(), names());
    for (const { source, mode, verified } of stored)
      assert.deepEqual([source, mode, verified], ['src_one', 'live', false]);
    assert.equal(stored.find(({ event }) => event === 'sale_completed')?.revenue, 45_000_000);
    const refused = await call(page, 'event', 'never_configured');
    assert.deepEqual([refused['ok'], refused['status'], refused['code']], [false, 400, 'event_unknown']);
  });

  it('gets nothing from a page whose origin the campaign does not list', async () => {
    const known = [await deployment.models.leads.countDocuments(), deployment.buyers.log({ op: 'post' }).length];
    const page = await visit(browser, `${stranger.origin}/landing`);
    const answer = (await page.evaluate(
      `fetch('${base}/api/lead/cmp_test', { method: 'POST', headers: { 'x-api-key': '${key}', 'content-type': 'application/json' },
        body: '${JSON.stringify(aLead())}' }).then((answer) => answer.status, (error) => error.name)`,
    )) as unknown;
    assert.equal(answer, 'TypeError');
    assert.equal(await call(page, 'transactionId'), undefined);
    const after = [await deployment.models.leads.countDocuments(), deployment.buyers.log({ op: 'post' }).length];
    assert.deepEqual(after, known);
  });
});
