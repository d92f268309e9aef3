import assert from 'node:assert/strict';
import type { AuditEntry } from '../../models/audit.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, send, type Deployment } from '../leads/deployment.ts';
import { agree, buyerKey } from './campaign.ts';

type Body = Record<string, unknown>;

describe('operators over the API', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let leadwire: (argv: string) => Promise<Ran>;
  let url: string;
  const keys: Record<string, string> = {};
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'], auction: { minPrice: 1 } });
    await agree(deployment, {
      billing: { alpha: { mode: 'prepaid' } },
      returns: { alpha: { approval: 'manual' } },
      campaign: { payout: { share: 0.8 } },
    });
    url = (await deployment.start()).url;
    leadwire = commandLine(deployment.variables);
    for (const mode of ['live', 'test'] as const) {
      keys[mode] = (await deployment.keys.api.create({ kind: 'operator', mode, by: 'test' })).key;
    }
    keys['buyer'] = await buyerKey(deployment, 'alpha');
    deployment.buyers.setBehaviour('alpha', { ping: { price: 10 } });
  });
  after(() => deployment.stop());

  const ask = async (path: string, body: unknown, key = 'live') => {
    const answer = await send(`${url}${path}`, body, { 'x-api-key': keys[key]! });
    return { ...answer.body, code: answer.body['code'], http: answer.status } as Body & { http: number };
  };
  const enter = (body: Body, key?: string) => ask('/api/ledger/entries', body, key);
  const deposit = { kind: 'deposit', party: 'buy_alpha', amount: 100, reference: 'wire-1' };
  const balance = async () =>
    ((await deployment.get('/api/credit', { 'x-api-key': keys['live']! })).body['accounts'] as Body[])[0]?.['balance'];

  it('enter a deposit once for its reference, however often at once, and see the credit', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => enter(deposit)));
    assert.deepEqual(
      answers.map(({ http }) => http),
      [200, 200, 200, 200],
    );
    assert.equal(answers.filter((answer) => answer['is_new']).length, 1);
    const last = await enter(deposit);
    assert.deepEqual(last['entry'], { id: 'buy_alpha:deposit:wire-1', ...deposit });
    assert.equal((last['credit'] as Body)['available'], 100);
    assert.equal(await balance(), 100);
    const other = await enter({ ...deposit, amount: 101 });
    assert.deepEqual([other.http, other['code']], [409, 'entry_conflict']);
    const { out } = await leadwire('credit show buy_alpha');
    assert.match(out.join('\n'), /buy_alpha +prepaid +0\.00 +100\.00 +0\.00 +100\.00/);
  });

  it('enter payments, and adjustments with their reason, for and against', async () => {
    const paid = await enter({ kind: 'payment', party: 'sel_one', amount: 7.5, reference: 'may' });
    assert.equal((paid['entry'] as Body)['amount'], -7.5);
    const adjust = { kind: 'adjustment', party: 'buy_alpha', amount: 0.25, reason: 'goodwill' };
    const [up, down] = [
      await enter({ ...adjust, reference: 'note-1' }),
      await enter({ ...adjust, against: true, reference: 'note-2' }),
    ];
    assert.deepEqual([(up['entry'] as Body)['amount'], (down['entry'] as Body)['amount']], [0.25, -0.25]);
    const off = await enter({ ...deposit, amount: 5, reference: 'old', off_account: true });
    assert.equal((off['entry'] as Body)['off_account'], true);
    assert.equal(await balance(), 100);
    const rows = await deployment.models.ledger.find({ kind: 'adjustment' }).sort({ _id: 1 }).lean();
    assert.deepEqual(
      rows.map(({ amount, reason }) => [amount, reason]),
      [
        [-250_000, 'goodwill'],
        [250_000, 'goodwill'],
      ],
    );
    assert.equal((await leadwire('credit adjust buy_alpha 1 --reference n3 --reason late --by Grace')).code, 0);
    assert.match(
      (await leadwire('credit adjust buy_alpha 1 --reference n4 --reason No! --by G')).err.join(),
      /--reason/,
    );
    assert.equal((await deployment.models.ledger.findById('buy_alpha:adjustment:n3').lean())?.reason, 'late');
  });

  it('are refused what nobody could mean', async () => {
    const codes = async (body: Body, key?: string) => {
      const { http, code } = await enter(body, key);
      return [http, code];
    };
    assert.deepEqual(await codes({ ...deposit, party: 'buy_none' }), [404, 'unknown_party']);
    assert.deepEqual(await codes({ ...deposit, party: 'sel_one' }), [404, 'unknown_party']);
    for (const wrong of [
      { ...deposit, amount: -1 },
      { ...deposit, amount: 0.0000001 },
      { ...deposit, reference: 'a/b' },
      { ...deposit, against: true },
      { ...deposit, kind: 'adjustment' },
      { ...deposit, kind: 'gift' },
    ]) {
      assert.deepEqual(await codes(wrong), [400, 'invalid_body'], JSON.stringify(wrong));
    }
    assert.deepEqual(await codes(deposit, 'test'), [403, 'key_not_allowed']);
    assert.deepEqual(await codes(deposit, 'buyer'), [403, 'key_not_allowed']);
    const credit = await deployment.get('/api/credit', { 'x-api-key': keys['test']! });
    assert.deepEqual([credit.status, credit.body['code']], [403, 'key_not_allowed']);
    const query = await deployment.get('/api/credit?seller=x', { 'x-api-key': keys['live']! });
    assert.deepEqual([query.status, query.body['code']], [400, 'invalid_parameters']);
  });

  it('approve and refuse returns, once each, and see them all', async () => {
    const sold = async () => {
      const { body } = await deployment.post(aLead());
      assert.equal(body['outcome'], 'sold');
      return String(body['transaction_id']);
    };
    const [first, second, third] = [await sold(), await sold(), await sold()];
    for (const lead of [first, second]) {
      await ask('/api/returns', { transaction_id: lead, reason: 'bad_phone' }, 'buyer');
    }
    const listed = await deployment.get('/api/returns?state=requested', { 'x-api-key': keys['live']! });
    const requested = listed.body['returns'] as Body[];
    assert.deepEqual(
      requested.map(({ id, buyer, seller, source, amount, clawback }) => [id, buyer, seller, source, amount, clawback]),
      [second, first].map((lead) => [`${lead}:1`, 'buy_alpha', 'sel_one', 'src_one', 10, 8]),
    );
    const decide = async (lead: string, what: 'approve' | 'refuse', body: unknown = {}, key = 'live') => {
      const answer = await ask(`/api/returns/${lead}:1/${what}`, body, key);
      return [answer.http, answer['changed'] ?? answer['code'], (answer['return'] as Body | undefined)?.['state']];
    };
    assert.deepEqual(await decide(first, 'approve'), [200, true, 'approved']);
    assert.deepEqual(await decide(first, 'approve'), [200, false, 'approved']);
    assert.deepEqual(await decide(first, 'refuse'), [409, 'return_decided', undefined]);
    assert.deepEqual(await decide(second, 'refuse'), [200, true, 'refused']);
    assert.deepEqual(await decide(second, 'approve'), [409, 'return_decided', undefined]);
    // Nobody asked for this one.
    assert.deepEqual(await decide(third, 'approve', { reason: 'goodwill' }), [200, true, 'approved']);
    assert.deepEqual(await decide(third, 'approve', {}, 'test'), [404, 'unknown_delivery', undefined]);
    assert.deepEqual(await decide(third, 'approve', {}, 'buyer'), [403, 'key_not_allowed', undefined]);
    assert.deepEqual(await decide(third, 'approve', { reason: 'No!' }), [400, 'invalid_body', undefined]);
    assert.deepEqual(await decide(third, 'refuse', { why: 1 }), [400, 'invalid_body', undefined]);
    assert.deepEqual(await decide('txn_none', 'approve'), [404, 'unknown_delivery', undefined]);
    assert.deepEqual(await decide('txn_none', 'refuse'), [404, 'unknown_delivery', undefined]);
    const states = await deployment.models.deliveries.find().sort({ _id: 1 }).lean<DeliveryRecord[]>();
    assert.deepEqual(
      states.map(({ state }) => state),
      ['returned', 'accepted', 'returned'],
    );
    assert.match((await leadwire('ledger check --grace 0')).out.join(), /^3 sales and 1 accounts add up$/);
    // 100 paid, 1 adjusted, one of three leads kept.
    assert.equal(await balance(), 91);
  });

  it('are in the audit log, each change once', async () => {
    const by = `key:${keys['live']!.slice(0, -32)}`;
    const { out } = await leadwire(`audit --who ${by} --json`);
    const found = JSON.parse(out.join('\n')) as AuditEntry[];
    assert.deepEqual(
      found.reverse().map(({ what, changes: [change], details }) => [what, change?.kind, details?.['reason']]),
      [
        ['ledger', 'created', undefined],
        ['ledger', 'created', undefined],
        ['ledger', 'created', 'goodwill'],
        ['ledger', 'created', 'goodwill'],
        ['ledger', 'created', undefined],
        ['return', 'approved', undefined],
        ['return', 'refused', undefined],
        ['return', 'approved', undefined],
      ],
    );
  });
});
