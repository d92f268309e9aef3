import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuctionRecord } from '../../models/auction.ts';
import { commandLine } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';

interface Ranking {
  ranked: { rank: number; integration: string; price: number; ranks_as?: number; why: string; says: string }[];
  dropped: { integration: string; price: number; reason: string; says: string }[];
  no_bid_given: string[];
  default_buyer?: { integration: string; price: number };
}

describe('dry run: the ranking', () => {
  const bids = { high: 10, low: 8, poor: 1 };
  let deployment: Deployment;
  let node: string;
  let key: string;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['high', 'low', 'poor', 'fixed', 'away', 'spare', 'often'],
      auction: {
        minPrice: 2,
        maxBuyers: 2,
        modifiers: [{ buyer: 'buy_low', add: 5 }],
        groups: [
          { id: 'rota', integrations: ['int_high', 'int_low', 'int_poor', 'int_fixed'], strategy: 'highest_bid' },
        ],
        noBuyer: 'default',
        defaultBuyer: 'int_spare',
      },
      integrations: {
        fixed: { ping: undefined, price: 6 },
        away: { rule: { '==': [{ var: 'lead.state' }, 'CA'] } },
        spare: { ping: undefined, price: 1 },
        often: { pingRate: { perMinute: 2 }, rule: { '==': [{ var: 'lead.age' }, 77] } },
      },
    });
    for (const [name, price] of Object.entries(bids)) deployment.buyers.setBehaviour(name, { ping: { price } });
    node = (await deployment.start()).url;
    ({ key } = await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' }));
  });
  after(() => deployment.stop());

  const ask = (body: Record<string, unknown>, headers = { 'x-api-key': key }) =>
    send(`${node}/api/dry-run/cmp_test`, { lead: aLead(), ...body }, headers);
  const supposed = Object.fromEntries(Object.entries(bids).map(([name, price]) => [`int_${name}`, price]));

  it('is what the auction of a lead with these bids comes to, with the same reasons', async () => {
    const posted = await deployment.post(aLead());
    const id = `${String(posted.body['transaction_id'])}:1`;
    const auction = await eventually(
      async () => (await deployment.models.auctions.findById(id).lean<AuctionRecord>()) ?? undefined,
    );
    assert.ok(auction.ranked.length > 0);
    const { status, body } = await ask({ bids: supposed });
    assert.equal(status, 200);
    const ranking = body['ranking'] as Ranking;
    assert.deepEqual(
      ranking.ranked.map(({ integration, price, ranks_as: ranksAs, why }) => [integration, price, ranksAs, why]),
      auction.ranked.map(({ integration, price, ranking: place }) => [
        ...[integration, price / 1e6],
        ...[place?.ranksAs === undefined ? undefined : place.ranksAs / 1e6, place?.why],
      ]),
    );
    assert.deepEqual(
      ranking.ranked.map(({ rank, integration, says }) => [rank, integration, says]),
      [
        [1, 'int_low', 'group rota, ranks as 13.00 (modifiers[0] +5.00 = 13.00), ahead by price'],
        [2, 'int_high', 'group rota, behind by price'],
        [3, 'int_fixed', 'group rota, behind by price'],
      ],
    );
    assert.deepEqual(ranking.dropped, [
      {
        integration: 'int_poor',
        price: 1,
        reason: 'below_floor',
        says: "it is below the campaign's least price",
      },
    ]);
    assert.deepEqual(
      auction.dropped.map(({ integration, reason }) => [integration, reason]),
      [['int_poor', 'below_floor']],
    );
    assert.deepEqual(ranking.default_buyer, { integration: 'int_spare', price: 1 });
  }).timeout(60_000);

  it('names who would be asked and of whom no bid is given, and refuses bids of strangers', async () => {
    const { ranked, no_bid_given: unknown } = (await ask({})).body['ranking'] as Ranking;
    assert.deepEqual(
      ranked.map(({ integration, why }) => [integration, why]),
      [['int_fixed', 'only_bid']],
    );
    assert.deepEqual(unknown, ['int_high', 'int_low', 'int_poor']);
    assert.equal((await ask({ bids: { int_gone: 3 } })).body['code'], 'invalid_body');
    assert.equal((await ask({ bids: { int_high: 'much' } })).body['code'], 'invalid_body');
  });

  it('is nothing that a buyer is shown', async () => {
    const made = await deployment.keys.api.create({ kind: 'buyer', buyer: 'buy_low', mode: 'live', by: 'test' });
    const { status, body } = await ask({ bids: supposed }, { 'x-api-key': made.key });
    assert.deepEqual([status, 'ranking' in body], [200, false]);
    assert.doesNotMatch(JSON.stringify(body), /int_high|13/);
  });

  it('tells on the command line what it tells over HTTP', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'leadwire-preview-'));
    const file = join(folder, 'lead.json');
    await writeFile(file, JSON.stringify(aLead()));
    const leadwire = commandLine(deployment.variables);
    const { out, code, err } = await leadwire(`explain cmp_test ${file} --bid int_low=8 --bid int_poor=1`);
    assert.equal(code, 0, err.join());
    const text = out.join('\n');
    assert.match(text, /^1 +int_low +buy_low +8\.00 +group rota, ranks as 13\.00 .*ahead by price$/m);
    assert.match(text, /^2 +int_fixed +buy_fixed +6\.00 +group rota, behind by price$/m);
    assert.match(text, /^- +int_poor +1\.00 +dropped: it is below the campaign's least price$/m);
    assert.match(text, /^int_spare takes it for 1\.00 if nobody else does$/m);
    assert.match(text, /^not ranked without a --bid: int_high$/m);
    const json = await leadwire(`explain cmp_test ${file} --bid int_low=8 --json`);
    const { ranking } = JSON.parse(json.out.join('\n')) as { ranking: Ranking };
    assert.deepEqual([ranking.ranked[0]?.integration, ranking.ranked[0]?.price], ['int_low', 8]);
    assert.equal((await leadwire(`explain cmp_test ${file} --bid int_low`)).code, 1);
    await rm(folder, { recursive: true });
  });

  it('tells how often an integration was asked, and leaves out one that was asked often enough', async () => {
    const at = '2027-03-02T15:00:20Z';
    const lead = aLead({ age: 77 });
    const look = async () => {
      const { body } = await ask({ lead, at, bids: { int_often: 50 } });
      const all = body['integrations'] as { id: string; reason?: string; says: string; checks: unknown[] }[];
      const { reason, says, checks } = all.find(({ id }) => id === 'int_often')!;
      const { ranked } = body['ranking'] as Ranking;
      return { reason, says, last: checks.at(-1), isRanked: ranked.some(({ price }) => price === 50) };
    };
    assert.deepEqual(await look(), {
      reason: undefined,
      says: 'Gets this lead.',
      last: {
        check: 'ping_rate',
        pass: true,
        says: 'asked 0 of 2 times this minute',
        saw: { used: 0, limit: 2, seconds: 60 },
      },
      isRanked: true,
    });
    const start = Date.parse('2027-03-02T15:00:00Z');
    await deployment.models.rateWindows.create({ _id: 'ping:int_often:60000', start, n: 3 });
    const full = await look();
    assert.deepEqual([full.reason, full.isRanked], ['ping_rate', false]);
    assert.equal(full.says, 'Does not get this lead: asked 2 of 2 times this minute, which is as often as it may be.');
  });
});
