import assert from 'node:assert/strict';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { agree, buyerKey } from './campaign.ts';

type Body = Record<string, unknown>;

describe('credit of buyers', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let leadwire: (argv: string) => Promise<Ran>;
  let alpha: string;
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha', 'beta', 'gamma'] });
    await agree(deployment, { billing: { alpha: { mode: 'prepaid' }, gamma: { mode: 'credit', limit: 27 } } });
    await deployment.start();
    leadwire = commandLine(deployment.variables);
    alpha = await buyerKey(deployment, 'alpha');
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    bids({ alpha: 9, beta: 2 });
  });

  /** Who bids what; the others do not. */
  function bids(prices: Record<string, number>) {
    for (const name of ['alpha', 'beta', 'gamma']) {
      const price = prices[name];
      deployment.buyers.setBehaviour(name, { ping: price === undefined ? { mode: 'reject' } : { price } });
    }
  }
  const buyerOf = async ({ body }: { body: Body }) =>
    (await deployment.models.leads.findById(String(body['transaction_id'])).lean())?.sales[0]?.buyer;
  const participant = async ({ body }: { body: Body }, integration: string) =>
    (await deployment.models.auctions.findById(`${String(body['transaction_id'])}:1`).lean())?.participants.find(
      (one) => one.integration === integration,
    );
  const credit = async (key = alpha) =>
    (await deployment.get('/api/statement', { 'x-api-key': key })).body['credit'] as Body;
  /** Eligibility goes by counters that are a second old. */
  const isAsked = (integration: string, wanted: string) =>
    eventually(async () => {
      const lead = await deployment.post(aLead());
      return (await participant(lead, integration))?.result === wanted && lead;
    });

  it('paid in advance that are not there leave a buyer out, and the next one buys', async () => {
    const lead = await deployment.post(aLead());
    assert.deepEqual((await participant(lead, 'int_alpha'))?.detail, { available: 0, least: 1 });
    assert.equal((await participant(lead, 'int_alpha'))?.result, 'no_credit');
    assert.equal(await buyerOf(lead), 'buy_beta');
    const sandbox = await deployment.post(aLead(), { 'x-api-key': deployment.keys.test });
    assert.equal(await buyerOf(sandbox), 'buy_alpha');
    assert.equal(await deployment.models.caps.countDocuments(), 0);
  });

  it('that an operator enters are spent to the last lead and not beyond, however many race for it (I5, I6)', async () => {
    const { code, out, err } = await leadwire('credit add buy_alpha 50 --reference wire-1 --by Grace');
    assert.deepEqual([code, out], [0, ['entered: deposit of 50.00 for buy_alpha']], err.join());
    const again = await leadwire('credit add buy_alpha 50 --reference wire-1 --by Grace');
    assert.match(again.out.join(), /was entered under wire-1 already; nothing changed/);
    await isAsked('int_alpha', 'bid');
    const racing = await Promise.all(Array.from({ length: 12 }, () => deployment.post(aLead())));
    const buyers = await Promise.all(racing.map(buyerOf));
    // 50 is five leads at 9, of which those before the race had some.
    const sales = await deployment.models.ledger.countDocuments({ buyer: 'buy_alpha', kind: 'sale' });
    assert.equal(sales, 5);
    assert.ok(buyers.every((buyer) => buyer === 'buy_alpha' || buyer === 'buy_beta'));
    const beaten = await deployment.models.deliveries.find({ reason: 'credit_exhausted' }).lean();
    assert.ok(beaten.every(({ state, integration }) => state === 'not_sent' && integration === 'int_alpha'));
    assert.deepEqual(await credit(), { mode: 'prepaid', limit: 0, balance: 5, reserved: 0, available: 5 });
    const posted = deployment.buyers.log({ op: 'post' }).filter(({ buyer, sandbox }) => buyer === 'alpha' && !sandbox);
    assert.equal(posted.length, 5);
  });

  it('come back with a no, stay reserved while nobody knows, and end at the price accepted', async () => {
    bids({ alpha: 4 });
    deployment.buyers.setBehaviour('alpha', { ping: { price: 4 }, post: { mode: 'reject' } });
    await isAsked('int_alpha', 'bid');
    assert.equal((await credit())['available'], 5);
    deployment.buyers.setBehaviour('alpha', { ping: { price: 4 }, post: { mode: 'reset' } });
    const open = await deployment.post(aLead());
    assert.equal(open.body['outcome'], 'unknown');
    assert.deepEqual(await credit(), { mode: 'prepaid', limit: 0, balance: 5, reserved: 4, available: 1 });
    const id = `${String(open.body['transaction_id'])}:1`;
    // A buyer that accepts above its bid owes that: its account goes below nothing, and it buys no more.
    assert.equal((await leadwire(`settle ${id} accepted --price 6.50 --by Grace`)).code, 0);
    assert.deepEqual(await credit(), { mode: 'prepaid', limit: 0, balance: -1.5, reserved: 0, available: -1.5 });
    await isAsked('int_alpha', 'no_credit');
  });

  it('run up to a limit, and to the limit again after an adjustment', async () => {
    bids({ gamma: 9 });
    for (let n = 0; n < 3; n++) assert.equal(await buyerOf(await deployment.post(aLead())), 'buy_gamma');
    await isAsked('int_gamma', 'no_credit');
    const adjust = 'credit adjust buy_gamma 10 --reference note-1 --by Grace';
    assert.deepEqual((await leadwire(adjust)).out, ['entered: adjustment of 10.00 for buy_gamma']);
    const lead = await isAsked('int_gamma', 'bid');
    assert.equal(await buyerOf(lead), 'buy_gamma');
    const { out } = await leadwire('credit show');
    assert.deepEqual(
      out.map((line) => line.split(/ +/)),
      [
        ['buyer', 'billing', 'limit', 'balance', 'reserved', 'available'],
        ['buy_alpha', 'prepaid', '0.00', '-1.50', '0.00', '-1.50'],
        ['buy_gamma', 'credit', '27.00', '-26.00', '0.00', '1.00'],
      ],
    );
    assert.deepEqual((await leadwire('credit show buy_beta')).out, ['buy_beta has no billing']);
  });

  it('cost a buyer without billing nothing, and its sales stand in its statement', async () => {
    bids({ beta: 3 });
    const lead = await deployment.post(aLead());
    assert.equal(await buyerOf(lead), 'buy_beta');
    const delivery = await deployment.models.deliveries.findOne({ lead: String(lead.body['transaction_id']) }).lean();
    assert.deepEqual(delivery?.places, []);
    const { body } = await deployment.get('/api/statement', { 'x-api-key': await buyerKey(deployment, 'beta') });
    assert.equal(body['credit'], undefined);
    assert.ok(Number(body['closing_balance']) < 0);
  });

  it('are in the dry run, and the books add up', async () => {
    const answer = await fetch(`${(await deployment.start()).url}/api/dry-run/cmp_test`, {
      method: 'POST',
      headers: { 'x-api-key': alpha, 'content-type': 'application/json' },
      body: JSON.stringify({ lead: { zip: '10001' } }),
    });
    const { integrations } = (await answer.json()) as { integrations: { reason: string; checks: Body[] }[] };
    assert.equal(integrations[0]?.reason, 'no_credit');
    assert.deepEqual(
      integrations[0]?.checks.find(({ check }) => check === 'credit'),
      {
        check: 'credit',
        pass: false,
        says: 'its buyer has -1.50 of credit left, and a lead costs at least 0.000001',
        saw: { available: -1_500_000, least: 1 },
      },
    );
    const { code, out, err } = await leadwire('ledger check --grace 0');
    assert.equal(code, 0, err.join('\n'));
    assert.match(out.join(), /^\d+ sales and 2 accounts add up$/);
  });

  it('are entered for those there are, in amounts that make sense', async () => {
    for (const [line, wanted] of [
      ['credit add buy_none 5 --reference r --by G', /No buyer has the id buy_none/],
      ['credit add sel_one 5 --reference r --by G', /No buyer has the id sel_one/],
      ['credit pay buy_alpha 5 --reference r --by G', /No seller has the id buy_alpha/],
      ['credit add buy_alpha 0 --reference r --by G', /0 is no amount/],
      ['credit add buy_alpha 5,50 --reference r --by G', /5,50 is no amount/],
      ['credit add buy_alpha 5 --reference a/b --by G', /--reference a\/b must be/],
      ['credit add buy_alpha 51 --reference wire-1 --by G', /\(entry_conflict\)/],
      ['credit add buy_alpha 5', /--reference <text>/],
    ] as const) {
      const { code, err } = await leadwire(line);
      assert.equal(code, 1, line);
      assert.match(err.join('\n'), wanted);
    }
  });
});
