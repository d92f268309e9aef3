import assert from 'node:assert/strict';
import type { Integration } from '../../schema/integration.ts';
import { campaignFile, crmIntegration, type CampaignOptions } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, type Answer, type Deployment } from '../leads/deployment.ts';

const DAY_MS = 86_400_000;
/** Yesterday, today and tomorrow: closed, whatever the time zone and however long the test takes. */
const now = [-1, 0, 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
const always = { days: 'mon-sun', from: '00:00', to: '24:00' } as const;

function lookup(base: string, id: string, changes: Partial<Integration>): Integration {
  const enrich = {
    request: { url: `${base}/enrich`, json: { phone: 'lead.phone' }, timeoutMs: 20_000 },
    response: { accepted: '$exists(body.line_type)', capture: { line_type: 'body.line_type' } },
  };
  return { id, campaign: 'cmp_test', category: 'Enrichment', enrich, ...changes };
}

describe('schedules, caps and rates of every integration', () => {
  const options: CampaignOptions = {
    buyers: ['alpha', 'beta', 'gamma'],
    auction: { deadlineMs: 60_000 },
    integrations: {
      alpha: {
        ...{ ping: undefined, price: 20, health: false },
        schedule: [{ ...always, price: 7.5, caps: [{ count: 'accepted', max: 1 }] }],
      },
      beta: { ping: undefined, price: 5, health: false },
      gamma: { ping: undefined, price: 50, health: false, schedule: [always], holidays: ['us_federal', ...now] },
    },
    more: (base) => [
      lookup(base, 'int_capped', { caps: [{ count: 'sent', max: 1, per: 'total' }] }),
      lookup(base, 'int_slow', { pingRate: { perMinute: 2 } }),
      { ...crmIntegration(base), id: 'int_closed', holidays: now },
      { ...crmIntegration(base), id: 'int_elsewhere', geo: { include: { states: ['CA'] } } },
      { ...crmIntegration(base), id: 'int_few', caps: [{ count: 'accepted', max: 1, per: 'total' }] },
      { ...crmIntegration(base), id: 'int_open', schedule: [{ ...always, clock: 'lead' }] },
    ],
  };
  let deployment: Deployment;
  let leads: Answer[];
  before(async () => {
    deployment = await createDeployment(options);
    const file = campaignFile(deployment.buyers.url, options);
    for (const { post } of file.integrations ?? []) if (post) post.request.timeoutMs = 20_000;
    await deployment.apply(file);
    await deployment.start();
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'accept' } });
    leads = [await deployment.post(aLead())];
    leads.push(...(await Promise.all(Array.from({ length: 11 }, () => deployment.post(aLead())))));
  });
  after(() => deployment.stop());

  const idOf = ({ body }: Answer) => String(body['transaction_id']);
  const auctionOf = async (answer: Answer) => (await deployment.models.auctions.findById(`${idOf(answer)}:1`).lean())!;
  const resultsOf = async (integration: string) =>
    (await Promise.all(leads.map(auctionOf))).map(({ participants, prepared }) => {
      const found = [...prepared, ...participants].find((one) => one.integration === integration);
      return found?.result;
    });
  const followUp = async (answer: Answer, integration: string) =>
    eventually(async () => {
      const found = await deployment.models.followUps.findById(`${idOf(answer)}:${integration}`).lean();
      return found?.reason ? `${found.state} ${found.reason}` : undefined;
    }, 60_000);

  it('let a slot name the price, and take as many as its cap', async () => {
    const bids = (await auctionOf(leads[0]!)).ranked.map(({ integration, price }) => [integration, price]);
    assert.deepEqual(bids, [
      ['int_alpha', 7_500_000],
      ['int_beta', 5_000_000],
    ]);
    const sold = await deployment.models.deliveries.distinct('lead', { integration: 'int_alpha', state: 'accepted' });
    assert.deepEqual(sold, [idOf(leads[0]!)]);
    const window = await deployment.models.caps.findOne({ _id: /^int_alpha:accepted:slot:/ }).lean();
    assert.deepEqual([window?.n, window?.open], [1, []]);
  });

  it('close on holidays', async () => {
    assert.deepEqual(new Set(await resultsOf('int_gamma')), new Set(['schedule_closed']));
  });

  it('count the calls of a service that buys nothing', async () => {
    const results = await resultsOf('int_capped');
    assert.equal(results[0], 'passed');
    assert.deepEqual(new Set(results.slice(1)), new Set(['cap_full']));
  });

  it('ask no more often than the rate, and say so', async () => {
    const results = await resultsOf('int_slow');
    const count = (wanted: string) => results.filter((result) => result === wanted).length;
    // The minute may end meanwhile.
    assert.ok(count('passed') >= 2 && count('ping_rate') > 0, results.join());
    assert.equal(count('passed') + count('ping_rate'), leads.length, results.join());
    // The first lead went to the other lookup too.
    assert.equal(deployment.buyers.log({ buyer: 'enrich' }).length, count('passed') + 1);
  });

  it('hold for what runs after the outcome: later, never, or now', async () => {
    const [first, second] = leads as [Answer, Answer];
    assert.equal(await followUp(first, 'int_closed'), 'open schedule_closed');
    assert.equal(await followUp(first, 'int_elsewhere'), 'skipped geo_state');
    assert.match(await followUp(first, 'int_open'), /^done /);
    const few = await Promise.all([first, second].map((lead) => followUp(lead, 'int_few')));
    assert.ok(few.includes('open cap_full'), few.join());
    const done = () => deployment.models.followUps.countDocuments({ integration: 'int_few', state: 'done' });
    assert.equal(await eventually(async () => (await done()) || undefined, 60_000), 1);
  });
}).timeout(180_000);
