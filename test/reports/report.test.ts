import assert from 'node:assert/strict';
import { settleLate } from '../../activities/delivery/settle.ts';
import type { KeyOrder } from '../../config/key-order.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import type { Mode } from '../../models/origin.ts';

type Row = Record<string, unknown>;

/** Every figure of a report has to be found again in the ledger and in the buyers' own log. */
describe('GET /api/report', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  const keys: Record<string, string> = {};

  before(async () => {
    deployment = await createDeployment({ settings: { LEADWIRE_REPORT_ROWS: '5' } });
    const file = campaignFile(deployment.buyers.url, { auction: { pingTimeoutMs: 5000, deadlineMs: 30_000 } });
    await deployment.apply({
      ...file,
      sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
      sources: [
        { id: 'src_one', seller: 'sel_one', payout: { share: 0.8 } },
        { id: 'src_more', seller: 'sel_one' },
        { id: 'src_two', seller: 'sel_two' },
      ],
    });
    url = (await deployment.start()).url;
    await make('one', { kind: 'seller', seller: 'sel_one' });
    await make('bound', { kind: 'seller', seller: 'sel_one', source: 'src_more' });
    await make('two', { kind: 'seller', seller: 'sel_two' });
    await make('alpha', { kind: 'buyer', buyer: 'buy_alpha' });
    await make('beta', { kind: 'buyer', buyer: 'buy_beta' });
    await make('sandbox', { kind: 'seller', seller: 'sel_one' }, 'test');
    await make('operator', { kind: 'operator' });
    await make('page', { kind: 'browser', seller: 'sel_one', source: 'src_one', origins: ['https://page.example'] });
    await sell();
  });
  after(() => deployment.stop());

  type Holder = KeyOrder extends infer Order ? (Order extends unknown ? Omit<Order, 'mode' | 'by'> : never) : never;
  async function make(name: string, holder: Holder, mode: Mode = 'live') {
    keys[name] = (await deployment.keys.api.create({ ...holder, mode, by: 'test' } as KeyOrder)).key;
  }

  /** Alpha buys at 10, but for one lead that it gives back and one that beta takes at 7. */
  async function sell(): Promise<void> {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 10 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 7 } });
    deployment.buyers.setBehaviour('gamma', { ping: { price: 1 } });
    const one = { 'x-api-key': keys['one']! };
    const sold = [
      await deployment.post(aLead({ pid: 'src_one', sub1: 'a', utm_source: 'mail', cost: 2.5, adSpend: 0.5 }), one),
      await deployment.post(aLead({ pid: 'src_one', sub1: '=HYPERLINK("x")', cost: 1 }), one),
      await deployment.post(aLead({ pid: 'src_more', sub1: '-a, "b"', cost: 0.1, cost_operation: 'substract' }), one),
      await deployment.post(aLead(), { 'x-api-key': keys['two']! }),
      await deployment.post(aLead({ pid: 'src_one', cost: 99 }), { 'x-api-key': keys['sandbox']! }),
    ];
    deployment.buyers.setBehaviour('alpha', { ping: { price: 10 }, post: { mode: 'reject' } });
    sold.push(await deployment.post(aLead({ pid: 'src_one', sub1: 'a' }), one));
    assert.deepEqual(new Set(sold.map(({ body }) => body['outcome'])), new Set(['sold']));
    for (const name of ['alpha', 'beta', 'gamma']) deployment.buyers.setBehaviour(name, { ping: { mode: 'reject' } });
    for (const sub1 of ['a', 'b']) {
      const unsold = await deployment.post(aLead({ pid: 'src_one', sub1 }), one);
      assert.equal(unsold.body['outcome'], 'rejected');
    }
    const returned = `${String(sold[1]!.body['transaction_id'])}:1`;
    const deps = { models: deployment.models, kick: () => undefined, observer: { conflict: () => undefined } };
    assert.equal(await settleLate(deps, returned, { state: 'returned' }, 'test'), 'settled');
    await eventually(() => deployment.models.ledger.findById(`${returned}:return`).lean());
  }

  async function ask(query: string, key = 'one') {
    const { status, body } = await deployment.get(`/api/report?${query}`, { 'x-api-key': keys[key]! });
    return { status, body, rows: body['rows'] as Row[], totals: body['totals'] as Row };
  }

  it('agrees with the ledger and with what the buyers say they bought', async () => {
    const { totals } = await ask('');
    const ledger = await deployment.models.ledger.find({ seller: 'sel_one' }).lean();
    const payout = ledger.reduce((sum, row) => sum + (row.payout ?? row.amount), 0) / 1_000_000;
    assert.equal(totals['revenue'], payout);
    // 0.8 of 10 and of 7, the whole of 10, and nothing for what came back.
    assert.equal(totals['revenue'], 8 + 5.6 + 10);
    assert.deepEqual([totals['leads'], totals['conversions'], totals['returns']], [6, 3, 1]);
    assert.deepEqual([totals['cost'], totals['adSpend']], [3.4, 0.5]);
    assert.deepEqual([totals['profit'], totals['roi']], [19.7, 5.051282]);

    const accepted = deployment.buyers
      .log({ op: 'post' })
      .filter((post) => post.decision === 'accepted' && !post.sandbox);
    const sellers = [totals, (await ask('', 'two')).totals];
    const sales = sellers.reduce((sum, row) => sum + Number(row['conversions']) + Number(row['returns']), 0);
    assert.equal(sales, accepted.length);
    const owed = (await Promise.all(['alpha', 'beta'].map((key) => ask('', key)))).map(
      (report) => report.totals['cost'],
    );
    const paid = (buyer: string) =>
      accepted.filter((post) => post.buyer === buyer).reduce((sum, { price }) => sum + Number(price), 0);
    // Alpha gave one back.
    assert.deepEqual(owed, [paid('alpha') - 10, paid('beta')]);
  });

  it('of an operator holds what all buyers owe and all sellers get, and what is kept', async () => {
    const { totals } = await ask('', 'operator');
    const [one, two, alpha, beta] = await Promise.all(['one', 'two', 'alpha', 'beta'].map((key) => ask('', key)));
    const sum = (name: string, ...reports: (Awaited<ReturnType<typeof ask>> | undefined)[]) =>
      reports.reduce((total, report) => total + Number(report?.totals[name]), 0);
    for (const name of ['leads', 'conversions', 'returns']) assert.equal(totals[name], sum(name, one, two), name);
    assert.equal(totals['revenue'], sum('cost', alpha, beta));
    assert.equal(totals['payout'], sum('revenue', one, two));
    assert.equal(totals['margin'], 3.4);

    const { rows } = await ask('group_by=buyer', 'operator');
    assert.deepEqual(
      rows.map(({ buyer, leads, conversions, revenue }) => [buyer, leads, conversions, revenue]),
      [alpha, beta].map((report) => {
        const { leads, conversions, cost } = report?.totals ?? {};
        return [report === alpha ? 'buy_alpha' : 'buy_beta', leads, conversions, cost];
      }),
    );
  });

  it('splits into rows that add up to the totals', async () => {
    for (const by of ['day', 'source', 'outcome', 'sub1', 'campaign,source', 'day,source,sub1,outcome']) {
      const { rows, totals } = await ask(`group_by=${by}`);
      for (const name of ['clicks', 'leads', 'conversions', 'returns', 'cost', 'adSpend', 'revenue', 'profit']) {
        const sum = rows.reduce((total, row) => total + Math.round(Number(row[name]) * 1e6), 0);
        assert.equal(sum / 1e6, totals[name], `${name} by ${by}`);
      }
    }
    const { rows } = await ask('group_by=source');
    assert.deepEqual(
      rows.map(({ source, leads, conversions, revenue, cost }) => ({ source, leads, conversions, revenue, cost })),
      [
        { source: 'src_more', leads: 1, conversions: 1, revenue: 10, cost: -0.1 },
        { source: 'src_one', leads: 5, conversions: 2, revenue: 13.6, cost: 3.5 },
      ],
    );
  });

  it('holds one value of what it is narrowed to', async () => {
    const { rows } = await ask('group_by=outcome,utm_source&sub1=a&source=src_one');
    assert.deepEqual(
      rows.map(({ outcome, utm_source, leads, revenue }) => [outcome, utm_source, leads, revenue]),
      [
        ['rejected', null, 1, 0],
        ['sold', 'mail', 1, 8],
        ['sold', null, 1, 5.6],
      ],
    );
    assert.deepEqual((await ask('campaign=cmp_else')).rows, []);
  });

  it('has the days that were asked for, in the time zone of the campaign unless told otherwise', async () => {
    const { body } = await ask('campaign=cmp_test');
    assert.equal(body['timezone'], 'America/New_York');
    assert.equal((await ask('')).body['timezone'], 'UTC');
    const past = await ask('from=2026-01-01&to=2026-01-31&timezone=Asia/Tokyo');
    assert.deepEqual(
      [past.body['from'], past.body['to'], past.body['timezone']],
      ['2026-01-01', '2026-01-31', 'Asia/Tokyo'],
    );
    assert.deepEqual([past.rows, past.totals['leads']], [[], 0]);
  });

  it("shows nobody another's figures", async () => {
    const bound = await ask('group_by=source', 'bound');
    assert.deepEqual([bound.rows.length, bound.rows[0]?.['source'], bound.totals['revenue']], [1, 'src_more', 10]);
    assert.deepEqual((await ask('source=src_one', 'bound')).rows, []);
    const two = await ask('group_by=source', 'two');
    assert.deepEqual(
      two.rows.map(({ source }) => source),
      ['src_two'],
    );
    assert.deepEqual((await ask('source=src_one', 'two')).rows, []);
  });

  it('counts clicks, and what they cost, once', async () => {
    const visit = async (device: string) => {
      const headers = { 'user-agent': device, accept: 'application/json' };
      const answer = await fetch(`${url}/click/cmp_test?pid=src_two&sub1=click&cost=0.25&format=json`, { headers });
      return ((await answer.json()) as { transaction_id: string }).transaction_id;
    };
    const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148';
    await visit(phone);
    await visit('Googlebot/2.1');
    const lead = aLead({ transaction_id: await visit(phone), cost: 1, cost_operation: 'add' });
    assert.equal((await deployment.post(lead, { 'x-api-key': keys['two']! })).status, 200);
    const { rows } = await ask('group_by=outcome&sub1=click', 'two');
    assert.deepEqual(
      rows.map(({ outcome, clicks, leads, cost }) => [outcome, clicks, leads, cost]),
      [
        ['rejected', 1, 1, 1.25],
        [null, 1, 0, 0.25],
      ],
    );
  });

  it('shows a buyer what was posted to it and what it owes', async () => {
    const { rows, totals } = await ask('group_by=outcome', 'alpha');
    assert.deepEqual(rows, [
      { outcome: 'accepted', leads: 3, conversions: 3, returns: 0, cost: 30 },
      { outcome: 'rejected', leads: 1, conversions: 0, returns: 0, cost: 0 },
      { outcome: 'returned', leads: 1, conversions: 0, returns: 1, cost: 0 },
    ]);
    const owed = await deployment.models.ledger.find({ buyer: 'buy_alpha' }).lean();
    assert.equal(totals['cost'], owed.reduce((sum, { amount }) => sum + amount, 0) / 1_000_000);
    assert.deepEqual((await ask('group_by=buyer&buyer=buy_beta', 'alpha')).rows, []);
  });

  it('keeps sellers and buyers apart', async () => {
    const refused: [query: string, key: string][] = [
      ['group_by=buyer', 'one'],
      ['buyer=buy_alpha', 'one'],
      ['group_by=source', 'alpha'],
      ['group_by=day,sub1', 'alpha'],
      ['utm_source=mail', 'alpha'],
    ];
    for (const [query, key] of refused) {
      const { status, body } = await ask(query, key);
      assert.deepEqual([query, status, body['code']], [query, 403, 'dimension_not_allowed']);
    }
    assert.equal((await ask('', 'page')).status, 403);
  });

  it('is empty for a test key, and holds no sandbox lead', async () => {
    const { body, rows, totals } = await ask('', 'sandbox');
    assert.deepEqual([body['sandbox'], rows, totals['leads'], totals['revenue']], [true, [], 0, 0]);
  });

  it('refuses what it cannot answer, by name', async () => {
    const mistakes: [query: string, path: string][] = [
      ['group_by=colour', 'group_by'],
      ['group_by=colour', 'group_by'],
      ['group_by=day,,source', 'group_by'],
      ['from=2026-02-30', 'from'],
      ['from=2026-02-02&to=2026-02-01', 'to'],
      ['from=2025-01-01&to=2026-01-02', 'from'],
      ['timezone=Mars/Olympus', 'timezone'],
      ['outcome=liked', 'outcome'],
      ['campaign=everything', 'campaign'],
      ['format=xlsx', 'format'],
      ['groupby=source', ''],
    ];
    for (const [query, path] of mistakes) {
      const { status, body } = await ask(query);
      assert.deepEqual([query, status, body['code']], [query, 400, 'invalid_parameters']);
      assert.equal((body['errors'] as { path: string }[])[0]?.path, path, query);
    }
    assert.equal((await deployment.get('/api/report', { 'x-api-key': '' })).status, 401);
  });

  it('is refused rather than cut short', async () => {
    // One row more than this node makes.
    const { status, body } = await ask('group_by=day,source,outcome,sub1,utm_source');
    assert.deepEqual([status, body['code']], [422, 'report_too_large']);
    assert.equal((await ask('group_by=sub1')).status, 200);
  });

  it('comes as CSV that a spreadsheet takes for text and numbers, never for formulas', async () => {
    const asked = { headers: { 'x-api-key': keys['one']! } };
    const answer = await fetch(`${url}/api/report?format=csv&group_by=source,sub1`, asked);
    assert.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8');
    const disposition = answer.headers.get('content-disposition') ?? '';
    assert.match(disposition, /^attachment; filename="report-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv"$/);
    assert.deepEqual((await answer.text()).split('\r\n'), [
      'source,sub1,clicks,leads,conversions,returns,cost,adSpend,revenue,profit,roi,events,eventConversions,eventRevenue,unverifiedRevenue,recoveredRevenue,listingImpressions,listingClicks,listingRevenue',
      `src_more,"'-a, ""b""",0,1,1,0,-0.1,0,10,10.1,,0,0,0,0,0,0,0,0`,
      `src_one,"'=HYPERLINK(""x"")",0,1,0,1,1,0,0,-1,-1,0,0,0,0,0,0,0,0`,
      'src_one,a,0,3,2,0,2.5,0.5,13.6,10.6,3.533333,0,0,0,0,5.6,0,0,0',
      'src_one,b,0,1,0,0,0,0,0,0,,0,0,0,0,0,0,0,0',
      '',
    ]);
    const accepting = await fetch(`${url}/api/report`, { headers: { ...asked.headers, accept: 'text/csv' } });
    assert.match(await accepting.text(), /^day,clicks,leads,/);
    const buyers = await fetch(`${url}/api/report?format=csv`, { headers: { 'x-api-key': keys['alpha']! } });
    assert.match(await buyers.text(), /^day,leads,conversions,returns,cost\r\n/);
  });
});
