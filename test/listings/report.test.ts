import assert from 'node:assert/strict';
import { commandLine } from '../cli/command-line.ts';
import { aLead, createDeployment, type Deployment } from '../leads/deployment.ts';
import { applyListings } from './campaign.ts';

const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140 Safari/537.36';

describe('what clicks on offers bring', function () {
  this.timeout(60_000);
  let deployment: Deployment;
  let operator: string;
  before(async () => {
    deployment = await createDeployment();
    await applyListings(deployment, {
      plain: { placement: { page: 'thanks', position: 1 } },
      shared: { placement: { page: 'thanks', position: 2 }, payout: { share: 0.5 } },
    });
    deployment.buyers.setBehaviour('plain', { ping: { bids: [0.4, 0.25] } });
    deployment.buyers.setBehaviour('shared', { ping: { bids: [1.1] } });
    const { url } = await deployment.start();
    operator = (await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' })).key;
    const { body } = await deployment.post(aLead({ sub1: 'ad7' }));
    const id = String(body['transaction_id']);
    const page = await deployment.get(`/api/listings/cmp_test?page=thanks&transaction_id=${id}`);
    const paths = (page.body['offers'] as { url: string }[]).map((offer) => new URL(offer.url).pathname);
    assert.equal(paths.length, 3);
    // The first and the last are clicked, the last twice; the page is shown once more, to nobody in particular.
    for (const path of [paths[0], paths[2], paths[2]]) {
      const answer = await fetch(`${url}${path}`, { redirect: 'manual', headers: { 'user-agent': BROWSER } });
      assert.equal(answer.status, 302);
    }
    await deployment.get('/api/listings/cmp_test?page=thanks');
    await deployment.get('/api/listings/cmp_test?page=thanks', { 'x-api-key': deployment.keys.test });
  });
  after(() => deployment.stop());

  const rowsOf = (body: Record<string, unknown>) => body['rows'] as Record<string, unknown>[];

  it('is shown to operators by listing, network, source and day', async () => {
    const asked = { 'x-api-key': operator };
    const { status, body } = await deployment.get('/api/report?group_by=listing,network,source', asked);
    assert.equal(status, 200);
    const common = { network: 'custom', source: 'src_one' };
    const none = { leads: 0, conversions: 0, returns: 0, recoveredRevenue: 0 };
    assert.deepEqual(
      rowsOf(body).filter(({ listing }) => listing !== null),
      [
        {
          ...{ listing: 'int_plain', ...common, ...none, revenue: 0.4, payout: 0, margin: 0.4 },
          ...{ listingImpressions: 4, listingClicks: 1, listingRevenue: 0.4, listingPayout: 0 },
        },
        {
          ...{ listing: 'int_shared', ...common, ...none, revenue: 1.1, payout: 0.55, margin: 0.55 },
          ...{ listingImpressions: 2, listingClicks: 1, listingRevenue: 1.1, listingPayout: 0.55 },
        },
      ],
    );
    const narrowed = await deployment.get('/api/report?listing=int_shared&group_by=day,campaign', asked);
    assert.deepEqual(
      rowsOf(narrowed.body).map(({ campaign, listingRevenue }) => [campaign, listingRevenue]),
      [['cmp_test', 1.1]],
    );
    const refused = await deployment.get('/api/report?group_by=sub1', asked);
    assert.deepEqual([refused.status, refused.body['code']], [403, 'dimension_not_allowed']);
  });

  it('is shown to a seller as far as it is its own, and stands in its revenue and statement', async () => {
    const { body } = await deployment.get('/api/report?group_by=sub1');
    const sale = Number((body['totals'] as Record<string, number>)['revenue']) - 0.55;
    const [ad, none] = rowsOf(body);
    assert.deepEqual(
      [ad, none].map((row) => [row?.['sub1'], row?.['listingImpressions'], row?.['listingClicks']]),
      [
        ['ad7', 3, 2],
        [null, 3, 0],
      ],
    );
    assert.equal(ad?.['listingRevenue'], 0.55);
    assert.ok(sale > 0);
    const statement = await deployment.get('/api/statement');
    assert.deepEqual(
      rowsOf(statement.body).map(({ source, clicks }) => [source, clicks]),
      [['src_one', 0.55]],
    );
    assert.equal(Number(statement.body['closing_balance']).toFixed(2), (sale + 0.55).toFixed(2));
    for (const query of ['group_by=listing', 'network=custom']) {
      assert.equal((await deployment.get(`/api/report?${query}`)).body['code'], 'dimension_not_allowed', query);
    }
  });

  it('is shown on the command line, and the ledger adds up', async () => {
    const run = commandLine(deployment.variables);
    const report = await run('report --by listing,source --csv');
    assert.deepEqual(
      report.out.slice(0, 3).map((line) => line.trimEnd()),
      [
        'listing,source,leads,conversions,returns,revenue,payout,margin,recoveredRevenue,' +
          'listingImpressions,listingClicks,listingRevenue,listingPayout',
        'int_plain,src_one,0,0,0,0.4,0,0.4,0,4,1,0.4,0',
        'int_shared,src_one,0,0,0,1.1,0.55,0.55,0,2,1,1.1,0.55',
      ],
    );
    const text = await run('report --network custom --by network');
    const figures = ['0', '0', '0', '1.50', '0.55', '0.95', '0.00', '6', '2', '1.50', '0.55'];
    assert.deepEqual(
      text.out.slice(1).map((line) => line.split(/ +/)),
      [
        ['custom', ...figures],
        ['in', 'all', ...figures],
      ],
    );
    assert.equal((await run('report --by sub1')).code, 1);
    const log = await run('listings log --listing int_shared --limit 1');
    assert.match(log.out.join('\n'), /cmp_test +thanks +int_plain +offers +2 /);
    const check = await run('ledger check --grace 0');
    assert.deepEqual([check.code, check.err], [0, []]);
    await deployment.models.ledger.collection.updateOne({ kind: 'click', amount: 400_000 }, { $set: { amount: 1 } });
    const wrong = await run('ledger check --grace 0');
    assert.equal(wrong.code, 1);
    assert.match(wrong.out.join('\n'), /amount_differs +click 0\.000001 and 0(\.00)? to the seller, should be 0\.40? /);
  });
});
