import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { launchBrowser, startSite, visit, type Site } from './browser.ts';
import { applyTracking, browserKey } from './campaign.ts';

const MARKUP = '<img src=x onerror="window.pwned=1">';

describe('the embedded form, in Chromium', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let browser: Browser;
  let site: Site;
  before(async () => {
    [deployment, browser, site] = await Promise.all([createDeployment(), launchBrowser(), startSite()]);
    await applyTracking(
      deployment,
      {
        allowedOrigins: [site.origin],
        events: [{ on: 'step', step: '2', event: 'second_step' }],
        form: {
          title: `Solar quote ${MARKUP}`,
          steps: [
            { title: 'Your home', fields: ['zip', 'roof', 'owner', 'newsletter'] },
            { title: 'About you', fields: ['first_name', 'last_name', 'email', 'phone'] },
          ],
          consent: `I agree to be called. ${MARKUP}`,
          submitLabel: 'Get my quote',
          thanks: 'Thank you, we will call you.',
        },
      },
      {
        campaign: {
          fields: [
            { name: 'zip', type: 'zip', required: 'ping', label: 'ZIP code' },
            { name: 'roof', type: 'enum', values: ['flat', 'pitched'], label: 'Roof' },
            { name: 'owner', type: 'boolean', required: 'post', label: 'Do you own it?' },
            { name: 'newsletter', type: 'boolean', label: 'Send me news' },
            { name: 'first_name', type: 'text', required: 'post', label: `First name ${MARKUP}` },
            { name: 'last_name', type: 'text', required: 'post' },
            { name: 'email', type: 'email', required: 'post', label: 'E-mail' },
            { name: 'phone', type: 'phone', required: 'post', label: 'Phone' },
            { name: 'product', type: 'text', hidden: true },
          ],
        },
      },
    );
    const base = (await deployment.start()).url;
    const key = await browserKey(deployment, [site.origin]);
    const script = `<script src="${base}/form.js" data-campaign="cmp_test" data-key="${key}" data-values='{"product":"solar"}'></script>`;
    // A strict page: no style elements, no inline scripts.
    site.put('/quote', `<!doctype html><html lang="en"><title>Quote</title><body><main>${script}</main>`, {
      'content-security-policy': `default-src 'none'; script-src ${base}; connect-src ${base}`,
    });
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
    await deployment?.stop();
  });
  beforeEach(() => deployment.buyers.resetBehaviour());

  const open = () => visit(browser, `${site.origin}/quote?sub1=ad9`);

  it('is filled in step by step, says what is wrong where it is wrong, and becomes a lead', async () => {
    const page = await open();
    const next = page.getByRole('button', { name: 'Next' });
    await next.click();
    assert.equal(await page.getByText('This is required').count(), 2, 'what is optional may stay empty');
    assert.equal(await page.getByLabel('ZIP code').getAttribute('aria-invalid'), 'true');

    await page.getByLabel('ZIP code').fill('100');
    await page.getByLabel('Roof (optional)').selectOption('pitched');
    await page.getByLabel('Do you own it?').selectOption('No');
    await next.click();
    assert.equal(await page.getByText('Step 2 of 2').count(), 1);
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Last name').fill('Lovelace');
    await page.getByLabel('E-mail').fill('ada@example.com');
    await page.getByLabel('Phone').fill('(212) 555-0187');
    const submit = page.getByRole('button', { name: 'Get my quote' });
    await submit.click();
    await page.getByText('This is required').waitFor();
    await page.getByLabel('I agree to be called.').check();
    await submit.click();

    // Only the server knows what a ZIP code is: the form goes back to the step it stands in.
    await page.getByText('This is not a ZIP code').waitFor();
    assert.equal(await page.getByText('Step 1 of 2').count(), 1);
    await page.getByLabel('ZIP code').fill('10001');
    await next.click();
    for (const name of ['alpha', 'beta', 'gamma']) {
      deployment.buyers.setBehaviour(name, { ping: { mode: 'reject' } });
    }
    await submit.click();
    await page.getByText('Thank you, we will call you.').waitFor();

    const [lead] = await deployment.models.leads.find({ 'fields.phone': '+12125550187' }).lean();
    const { email: _email, ...fields } = lead?.fields ?? {};
    assert.deepEqual(fields, {
      zip: '10001',
      roof: 'pitched',
      owner: false,
      newsletter: false,
      first_name: 'Ada',
      last_name: 'Lovelace',
      phone: '+12125550187',
      product: 'solar',
    });
    const { tcpa_consent_date: day, ...tracking } = lead?.tracking ?? {};
    assert.deepEqual(tracking, { sub1: 'ad9', tcpa_consent: true });
    assert.match(String(day), /^\d{4}-\d\d-\d\d/);
    assert.ok(await deployment.models.clicks.findById(lead?._id).lean(), 'the lead belongs to its visit');
    assert.deepEqual(page.faults, []);
  });

  it('shows every text as text, is labelled throughout, and styles itself in a strict page', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'Solar quote' }).waitFor();
    assert.equal(await page.getByRole('heading').textContent(), `Solar quote ${MARKUP}`);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate('window.pwned'), undefined);
    const unnamed =
      await page.evaluate(`[...document.querySelector('main > div').shadowRoot.querySelectorAll('input, select')]
      .filter((control) => !control.labels[0]?.textContent).length`);
    assert.equal(unnamed, 0);
    const look = await page.getByRole('button', { name: 'Next' }).evaluate((button) => {
      const view = globalThis as unknown as { getComputedStyle(of: unknown): { backgroundColor: string } };
      return view.getComputedStyle(button).backgroundColor;
    });
    assert.equal(look, 'rgb(26, 86, 219)');
  });

  it('sends the consumer on to where the buyer wants them', async () => {
    const page = await open();
    await page.getByLabel('ZIP code').fill('10001');
    await page.getByLabel('Do you own it?').selectOption('Yes');
    await page.getByRole('button', { name: 'Next' }).click();
    for (const [label, value] of [
      ['First name', 'Ada'],
      ['Last name', 'L'],
      ['E-mail', 'a@example.com'],
      ['Phone', '212.555.0188'],
    ] as const) {
      await page.getByLabel(label).fill(value);
    }
    await page.getByLabel('I agree').check();
    let left: string | undefined;
    page.on('request', (request) => {
      if (request.isNavigationRequest() && !request.url().startsWith(site.origin)) left = request.url();
    });
    await page.getByRole('button', { name: 'Get my quote' }).click();
    const gone = await eventually(async () => left);
    const [lead] = await deployment.models.leads.find({ 'fields.phone': '+12125550188' }).lean();
    assert.equal(gone, lead?.sales[0]?.redirectUrl);
  });
});
