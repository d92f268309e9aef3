import assert from 'node:assert/strict';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { agree, buyerKey } from './campaign.ts';

type Body = Record<string, unknown>;
type Row = Record<string, number | string | null>;

describe('returns and statements', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let leadwire: (argv: string) => Promise<Ran>;
  let url: string;
  const keys: Record<string, string> = {};
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha', 'beta'], auction: { minPrice: 1 } });
    await agree(deployment, {
      billing: { beta: { mode: 'credit', limit: 1000 } },
      returns: {
        alpha: { withinDays: 7, reasons: ['bad_phone', 'out_of_area'] },
        beta: { approval: 'manual' },
      },
      campaign: { payout: { share: 0.8 } },
    });
    url = (await deployment.start()).url;
    leadwire = commandLine(deployment.variables);
    for (const name of ['alpha', 'beta']) keys[name] = await buyerKey(deployment, name);
    keys['sandbox'] = await buyerKey(deployment, 'alpha', 'test');
  });
  after(() => deployment.stop());
  beforeEach(() => deployment.buyers.resetBehaviour());

  /** A lead that this buyer bought, and its delivery. */
  async function sold(name: string, price: number, key = deployment.keys.live): Promise<DeliveryRecord> {
    for (const other of ['alpha', 'beta']) {
      deployment.buyers.setBehaviour(other, { ping: other === name ? { price } : { mode: 'reject' } });
    }
    const { body } = await deployment.post(aLead(), { 'x-api-key': key });
    assert.equal(body['outcome'], 'sold');
    return (await deliveryOf(String(body['transaction_id'])))!;
  }
  const deliveryOf = (lead: string) => deployment.models.deliveries.findById(`${lead}:1`).lean<DeliveryRecord>();
  const giveBack = async (lead: string, reason: string | undefined, key = 'alpha') => {
    const sent = { transaction_id: lead, ...(reason === undefined ? {} : { reason }) };
    const { status, body } = await send(`${url}/api/returns`, sent, { 'x-api-key': keys[key]! });
    return { status, code: body['code'], returned: body['return'] as Body | undefined };
  };
  const postback = async (token: string, query: string, method = 'GET') => {
    const answer = await fetch(`${url}/api/postback/${token}?${query}`, { method });
    const body = (await answer.json()) as Body;
    return [answer.status, body['code'] ?? body['state']];
  };
  const rowsOf = async (lead: string) =>
    (await deployment.models.ledger.find({ lead }).sort({ _id: -1 }).lean()).map(({ kind, amount, payout }) => [
      kind,
      amount / 1e6,
      (payout ?? 0) / 1e6,
    ]);
  const list = async (key: string, query = '') =>
    (await deployment.get(`/api/returns?${query}`, { 'x-api-key': key })).body as {
      returns: Body[];
      next_cursor?: string;
    };
  const leadIs = (id: string, price: number) =>
    eventually(async () => {
      const { body } = await deployment.get(`/api/lead/${id}`);
      return body['returned'] === true && body['price'] === price;
    });

  it('for an agreed reason take the sale and the payout back at once, however often they are asked for', async () => {
    const { lead } = await sold('alpha', 10);
    assert.equal((await giveBack(lead, undefined)).code, 'return_reason_not_allowed');
    assert.deepEqual((await giveBack(lead, 'disliked')).status, 422);
    assert.deepEqual(await rowsOf(lead), [['sale', 10, 8]]);
    const { status, returned } = await giveBack(lead, 'bad_phone');
    assert.deepEqual(
      [status, returned?.['state'], returned?.['reason'], returned?.['amount']],
      [200, 'approved', 'bad_phone', 10],
    );
    assert.deepEqual((await giveBack(lead, 'out_of_area')).returned, returned);
    assert.deepEqual(await rowsOf(lead), [
      ['sale', 10, 8],
      ['return', -10, -8],
    ]);
    await leadIs(lead, 0);
    const own = (await list(deployment.keys.live)).returns.find((one) => one['transaction_id'] === lead);
    assert.deepEqual(
      [own?.['clawback'], own?.['source'], own?.['reason'], own?.['amount']],
      [8, 'src_one', 'bad_phone', undefined],
    );
  });

  it('by postback go by the same agreement, by either method', async () => {
    for (const method of ['GET', 'POST']) {
      const { token, lead } = await sold('alpha', 4);
      const refused = await postback(token, 'status=returned&reason_code=disliked', method);
      assert.deepEqual(refused, [422, 'return_reason_not_allowed']);
      for (const _ of [1, 2]) {
        const taken = await postback(token, 'status=returned&reason_code=out_of_area', method);
        assert.deepEqual(taken, [200, 'returned']);
      }
      assert.deepEqual((await rowsOf(lead)).length, 2);
      assert.equal((await deployment.models.returns.findById(`${lead}:1`).lean())?.requestedBy, 'postback');
    }
  });

  it('wait for an operator where that was agreed; the sale stands until then, and when they are refused', async () => {
    const [first, second] = [await sold('beta', 5), await sold('beta', 6)];
    assert.equal((await giveBack(first.lead, 'any_reason', 'beta')).returned?.['state'], 'requested');
    assert.deepEqual(await postback(second.token, 'status=returned'), [200, 'accepted']);
    assert.deepEqual([await rowsOf(first.lead), await rowsOf(second.lead)], [[['sale', 5, 4]], [['sale', 6, 4.8]]]);
    assert.equal((await list(deployment.keys.live, 'state=requested')).returns.length, 0);
    const { out } = await leadwire('returns list');
    assert.deepEqual(
      out.slice(1).map((line) => line.split(/ +/).slice(0, 2)),
      [
        [second._id, 'requested'],
        [first._id, 'requested'],
      ],
    );
    assert.deepEqual((await leadwire(`returns approve ${first._id} --by Grace`)).out, [
      `the return of ${first._id} is approved`,
    ]);
    assert.match((await leadwire(`returns approve ${first._id} --by Grace`)).out.join(), /nothing changed/);
    assert.equal((await leadwire(`returns refuse ${second._id} --by Grace`)).code, 0);
    assert.match((await leadwire(`returns approve ${second._id} --by Grace`)).err.join(), /return_decided/);
    assert.match((await leadwire(`returns refuse ${first._id} --by Grace`)).err.join(), /return_decided/);
    assert.deepEqual([(await rowsOf(first.lead)).length, (await rowsOf(second.lead)).length], [2, 1]);
    assert.deepEqual((await giveBack(second.lead, 'any_reason', 'beta')).code, 'return_refused');
    for (const method of ['GET', 'POST']) {
      assert.deepEqual(await postback(second.token, 'status=returned', method), [409, 'return_refused']);
    }
    const states = async (query: string) => (await list(keys['beta']!, query)).returns.map(({ state }) => state);
    assert.deepEqual([await states(''), await states('state=refused')], [['refused', 'approved'], ['refused']]);
    const page = await list(keys['beta']!, 'limit=1');
    const next = await list(keys['beta']!, `limit=1&cursor=${page.next_cursor}`);
    assert.deepEqual([page.returns.length, next.returns.length, next.next_cursor], [1, 1, undefined]);
  });

  it('are refused too late, and for what was not sold to that buyer', async () => {
    const late = await sold('alpha', 3);
    const acceptedAt = new Date(Date.now() - 8 * 86_400_000);
    await deployment.models.deliveries.updateOne({ _id: late._id }, { $set: { acceptedAt } });
    assert.equal((await giveBack(late.lead, 'bad_phone')).code, 'return_too_late');
    for (const key of ['beta', 'sandbox']) {
      const { status, code } = await giveBack(late.lead, 'bad_phone', key);
      assert.deepEqual([status, code], [404, 'unknown_delivery']);
    }
    assert.equal((await giveBack('txn_none', 'bad_phone')).code, 'invalid_body');
    assert.match((await leadwire('returns approve txn_none:1 --by Grace')).err.join(), /unknown_delivery/);
    // The operator may, and needs no request.
    assert.equal((await leadwire(`returns approve ${late._id} --reason goodwill --by Grace`)).code, 0);
    assert.equal((await rowsOf(late.lead)).length, 2);
    const parameters = await deployment.get('/api/returns?state=open', { 'x-api-key': keys['alpha']! });
    assert.deepEqual([parameters.status, parameters.body['code']], [400, 'invalid_parameters']);
  });

  it('of sandbox leads move no money', async () => {
    const { lead } = await sold('alpha', 3, deployment.keys.test);
    assert.equal((await giveBack(lead, 'bad_phone', 'sandbox')).returned?.['state'], 'approved');
    assert.deepEqual(await rowsOf(lead), []);
    assert.equal((await list(keys['sandbox']!)).returns.length, 1);
  });

  it('leave a seller its payout where that was agreed', async () => {
    await agree(deployment, { source: { payout: { fixed: 2 }, clawback: false } });
    const kept = await eventually(async () => {
      const delivery = await sold('alpha', 3);
      return delivery.payout?.kept && delivery;
    });
    await giveBack(kept.lead, 'bad_phone');
    assert.deepEqual(await rowsOf(kept.lead), [
      ['sale', 3, 2],
      ['return', -3, 0],
    ]);
    await leadIs(kept.lead, 2);
  });

  it('are in both statements beside sales and entries, which add up to the ledger and the report (I6)', async () => {
    await leadwire('credit pay sel_one 7.50 --reference may --by Grace');
    await leadwire('credit adjust sel_one 1.25 --against --reference fee --by Grace');
    await leadwire('credit add buy_beta 20 --reference wire --by Grace');
    const ask = async (path: string, key: string) => (await deployment.get(path, { 'x-api-key': key })).body;
    const bound = await deployment.keys.api.create({ kind: 'seller', seller: 'sel_one', mode: 'live', by: 'test' });
    const ledger = await deployment.models.ledger.find().lean();
    for (const [key, own] of [
      [bound.key, ({ seller, payout = 0 }: (typeof ledger)[0]) => (seller ? payout : 0)],
      [keys['alpha']!, ({ buyer, amount }: (typeof ledger)[0]) => (buyer === 'buy_alpha' ? 0 - amount : 0)],
      [keys['beta']!, ({ buyer, amount }: (typeof ledger)[0]) => (buyer === 'buy_beta' ? 0 - amount : 0)],
    ] as const) {
      const { rows, totals, ...body } = (await ask('/api/statement', key)) as { rows: Row[]; totals: Row } & Body;
      const sum = ledger.reduce((all, row) => all + own(row), 0) / 1e6;
      assert.deepEqual([body['opening_balance'], body['closing_balance'], totals['balance']], [0, sum, sum]);
      assert.equal(rows.at(-1)?.['balance'], sum);
      const report = (await ask('/api/report', key))['totals'] as Row;
      const traded =
        report['revenue'] === undefined
          ? [Number(totals['charges']) - Number(totals['refunds']), report['cost']]
          : [Number(totals['earned']) - Number(totals['clawbacks']), report['revenue']];
      assert.equal(Number(traded[0]).toFixed(6), Number(traded[1]).toFixed(6));
    }
    const seller = ((await ask('/api/statement', deployment.keys.live)) as { rows: Row[] }).rows;
    // The key is bound to its source: what was paid to the seller belongs to none.
    assert.deepEqual([...new Set(seller.map(({ source }) => source))], ['src_one']);
    const all = ((await ask('/api/statement', bound.key)) as { rows: Row[] }).rows;
    const entries = all.find(({ source }) => source === null);
    assert.deepEqual([entries?.['payments'], entries?.['adjustments'], entries?.['sales']], [7.5, -1.25, 0]);
    assert.match((await leadwire('ledger check --grace 0')).out.join(), /^\d+ sales and 1 accounts add up$/);
  });

  it('come as CSV, by the day in the zone asked for, and empty for a test key', async () => {
    const headers = { 'x-api-key': keys['beta']! };
    const answer = await fetch(`${url}/api/statement?format=csv&timezone=Asia/Tokyo`, { headers });
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="statement-\d{4}-\d\d-\d\d-/);
    const [head, ...lines] = (await answer.text()).trimEnd().split('\r\n');
    assert.equal(head, 'day,campaign,sales,returns,charges,refunds,deposits,adjustments,balance');
    assert.match(lines.at(-1) ?? '', /^\d{4}-\d\d-\d\d,,0,0,0,0,20,0,14$/);
    const past = await deployment.get('/api/statement?from=2026-01-01&to=2026-01-31', headers);
    assert.deepEqual([past.body['rows'], past.body['closing_balance']], [[], 0]);
    const later = await deployment.get('/api/statement?from=2030-01-01&to=2030-01-02', headers);
    assert.deepEqual([later.body['rows'], later.body['opening_balance'], later.body['closing_balance']], [[], 14, 14]);
    const sandbox = await deployment.get('/api/statement', { 'x-api-key': keys['sandbox']! });
    assert.deepEqual([sandbox.body['sandbox'], sandbox.body['rows']], [true, []]);
    const wrong = await deployment.get('/api/statement?from=2026-02-02&to=2026-02-01', headers);
    assert.deepEqual([wrong.status, wrong.body['code']], [400, 'invalid_parameters']);
    const { out } = await leadwire('statement buy_beta');
    assert.match(out[0] ?? '', /^day +campaign +sales +returns +charges +refunds +deposits +adjustments +balance$/);
    assert.match(out.at(-1) ?? '', /^in all +2 +1 +11\.00 +5\.00 +20\.00 +0\.00 +14\.00$/);
    const csv = await leadwire('statement sel_one --csv');
    assert.match(
      csv.out[0] ?? '',
      /^day,source,sales,returns,earned,clawbacks,events,clicks,adjustments,payments,balance/,
    );
    assert.equal((await leadwire('statement src_one')).code, 1);
    assert.equal((await leadwire('statement sel_one --from yesterday')).code, 1);
  });

  it('are refused rather than cut short', async () => {
    const small = await deployment.start({ reportRows: 1 });
    const bound = await deployment.keys.api.create({ kind: 'seller', seller: 'sel_one', mode: 'live', by: 'test' });
    const answer = await fetch(`${small.url}/api/statement`, { headers: { 'x-api-key': bound.key } });
    assert.deepEqual([answer.status, ((await answer.json()) as Body)['code']], [422, 'report_too_large']);
  });
});
