import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importList } from '../../cli/list/import.ts';
import { createLists } from '../../activities/lists.ts';
import type { Integration } from '../../schema/integration.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

const open: Partial<Integration> = {};
const noPing = { ping: undefined, price: 5 } as Partial<Integration>;

describe('rules of integrations', () => {
  let deployment: Deployment;
  let folder: string;
  let leadwire: (argv: string) => Promise<Ran>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadwire-lists-'));
    deployment = await createDeployment({
      buyers: ['open', 'listed', 'near', 'western', 'county', 'recent', 'raised', 'fixed', 'scored'],
      integrations: {
        open,
        listed: { rule: { '!': { in_list: [{ var: 'lead.phone' }, 'lst_dnc'] } } },
        near: { rule: { within_miles: [{ var: 'lead.zip' }, '10001', 15] } },
        western: { rule: { '==': [{ var: 'facts.timezone' }, 'America/Los_Angeles'] } },
        county: { geo: { include: { counties: ['NY/Kings'], within: [{ miles: 5, of: '94105' }] } } },
        recent: {
          rule: { and: [{ '==': [{ var: 'facts.area_code' }, '212'] }, { '<': [{ var: 'facts.age_minutes' }, 30] }] },
        },
        raised: {
          rule: [
            { if: { '<': [{ var: 'lead.age' }, 25] }, then: { skip: true } },
            { if: { matches: [{ var: 'lead.email' }, '@example\\.com$'] }, then: { multiply: 3, tag: 'hot' } },
          ],
        },
        fixed: {
          ...noPing,
          rule: [{ if: { '==': [{ var: 'lead.state' }, 'CA'] }, then: { price: 7.5, priority: 1 } }],
        },
        scored: { rule: { '>=': [{ var: 'lead.score' }, 50] } },
      },
    });
    const file = await deployment.store.export();
    const [campaign] = file.campaigns ?? [];
    assert.ok(campaign);
    campaign.score = {
      completeness: { points: 40, fields: ['age', 'phone'] },
      sources: { src_one: 20 },
      signals: [{ if: { matches: [{ var: 'lead.first_name' }, '^Ada'] }, points: 10 }],
    };
    for (const { id, ping, post } of file.integrations ?? []) {
      if (id !== 'int_raised') continue;
      Object.assign(ping?.request.json ?? {}, { tags: 'lead.tags', score: 'lead.score' });
      Object.assign(post?.request.json ?? {}, { tags: 'lead.tags', score: 'lead.score' });
    }
    await deployment.apply(file);
    leadwire = commandLine(deployment.variables);
    await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await rm(folder, { recursive: true });
  });

  const auctionOf = async (lead: Record<string, unknown>) => {
    const { body } = await deployment.post(aLead(lead));
    const auction = await deployment.models.auctions.findById(`${String(body['transaction_id'])}:1`).lean();
    assert.ok(auction);
    const result = (name: string) => auction.participants.find(({ integration }) => integration === `int_${name}`);
    return { auction, result };
  };

  it('go by what follows from a lead', async () => {
    const { result } = await auctionOf({ zip: '94105', state: undefined, age: 30 });
    const results = ['near', 'western', 'county', 'recent'].map((name) => result(name)?.result);
    assert.deepEqual(results, ['rule', 'bid', 'bid', 'bid']);
    assert.deepEqual(result('near')?.detail, {
      path: 'within_miles',
      operator: 'within_miles',
      values: { 'lead.zip': '94105' },
    });
    const other = await auctionOf({ zip: '11201', phone: '415-555-0123', age: 30 });
    const others = ['near', 'western', 'county', 'recent'].map((name) => other.result(name)?.result);
    assert.deepEqual(others, ['bid', 'rule', 'bid', 'rule']);
    const { detail } = other.result('western') ?? {};
    assert.deepEqual((detail as { values: unknown }).values, { 'facts.timezone': 'America/New_York' });
  });

  it('ask stored lists, and keep leads back until the list is there', async () => {
    const file = join(folder, 'dnc.csv');
    await writeFile(file, 'name,phone\nAda,(212) 555-7777\nBob,+1 212 555 7777\nEve,not a phone\nCy,3125550100\n');
    const before = await auctionOf({ phone: '212-555-7777' });
    assert.equal(before.result('listed')?.result, 'list_missing');
    assert.deepEqual(before.result('listed')?.detail, { list: 'lst_dnc' });

    const imported = await leadwire(`list import lst_dnc ${file} --type phone --column phone`);
    assert.deepEqual([imported.code, imported.out], [0, ['lst_dnc holds 2 different values']], imported.err.join());
    assert.deepEqual(imported.err, ['1 lines hold no phone and were left out, the first is 4']);
    await eventually(async () => (await auctionOf({ phone: '212-555-7777' })).result('listed')?.result === 'rule');
    assert.equal((await auctionOf({ phone: '212-555-7778' })).result('listed')?.result, 'bid');

    assert.equal((await leadwire('list show lst_dnc --has 312-555-0100')).code, 0);
    assert.equal((await leadwire('list show lst_dnc --has 312-555-0101')).code, 1);
    assert.match((await leadwire('list show')).out.join('\n'), /lst_dnc +phone +2/);

    await writeFile(file, '212-555-7778\n');
    await leadwire(`list import lst_dnc ${file} --type phone`);
    await eventually(async () => (await auctionOf({ phone: '212-555-7778' })).result('listed')?.result === 'rule');
    assert.equal((await auctionOf({ phone: '212-555-7777' })).result('listed')?.result, 'bid');
    await writeFile(file, '\n');
    assert.equal((await leadwire(`list import lst_dnc ${file} --type phone`)).code, 1);
    assert.equal(
      await deployment.models.listEntries.countDocuments(),
      3,
      'the version before stays until the next import',
    );

    assert.equal((await leadwire('list remove lst_dnc')).code, 0);
    assert.equal(await deployment.models.listEntries.countDocuments(), 0);
    await eventually(async () => (await auctionOf({})).result('listed')?.result === 'list_missing');
  });

  it('look the values of a long list up, in one read for all of them', async () => {
    const file = join(folder, 'long.txt');
    // Twice the same values, further apart than one write.
    const numbers = Array.from({ length: 250 }, (_, n) => `+1312${String(2_005_000 + (n % 220))}`);
    await writeFile(file, numbers.join('\n'));
    const source = { list: 'lst_long', path: file, type: 'phone', by: 'test', batchSize: 100 } as const;
    assert.deepEqual(await importList(deployment.models, source), { count: 220, unreadable: 0 });
    const lists = createLists(deployment.models, { small: 219 });
    const questions = ['312-200-5219', '312-200-5220', 'no phone'].map((value) => ({ list: 'lst_long', value }));
    const answers = await lists.ask([...questions, { list: 'lst_other', value: '312-200-5219' }]);
    assert.deepEqual(
      questions.map(({ list, value }) => answers.has(list, value)),
      [true, false, false],
    );
    assert.deepEqual([answers.exists('lst_other'), answers.has('lst_other', '312-200-5219')], [false, false]);
  });

  it('let steps change rank, price, priority and tags, and keep the money as it was bid', async () => {
    for (const name of ['listed', 'near', 'western', 'county', 'recent', 'scored']) {
      deployment.buyers.setBehaviour(name, { ping: { price: 1 } });
    }
    deployment.buyers.setBehaviour('open', { ping: { price: 20 } });
    deployment.buyers.setBehaviour('raised', { ping: { price: 10 }, post: { price: 10 } });
    const { body } = await deployment.post(aLead({ zip: '94105', state: 'CA', age: 30 }));
    assert.deepEqual([body['outcome'], body['price']], ['sold', 10]);
    const id = String(body['transaction_id']);
    const auction = await deployment.models.auctions.findById(`${id}:1`).lean();
    const raised = auction?.participants.find(({ integration }) => integration === 'int_raised');
    assert.deepEqual(raised?.effects, { multiply: 3, add: 0, tags: ['hot'], steps: ['[1]'] });
    const fixed = auction?.ranked.find(({ integration }) => integration === 'int_fixed');
    assert.equal(fixed?.price, 7_500_000);
    const seen = deployment.buyers.log({ buyer: 'raised', ref: id });
    assert.deepEqual(
      seen.map(({ op, fields }) => [op, fields.includes('tags'), fields.includes('score')]),
      [
        ['ping', true, true],
        ['post', true, true],
      ],
    );
  });

  it('skip, and name the step', async () => {
    const { result } = await auctionOf({ age: 20 });
    assert.equal(result('raised')?.result, 'rule');
    assert.deepEqual(result('raised')?.detail, { path: '[0].if', operator: 'skip', values: { 'lead.age': 20 } });
  });

  it('go by the score, which is kept with the auction', async () => {
    const full = await auctionOf({ age: 30 });
    assert.deepEqual([full.auction.captured['score'], full.result('scored')?.result], [70, 'bid']);
    const half = await auctionOf({ age: undefined, first_name: 'Bob' });
    assert.deepEqual([half.auction.captured['score'], half.result('scored')?.result], [40, 'rule']);
  });
});
