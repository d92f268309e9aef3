import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, send, type Deployment } from '../leads/deployment.ts';

describe('dry run', () => {
  let deployment: Deployment;
  let node: string;
  let folder: string;
  let leadwire: (argv: string) => Promise<Ran>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadwire-dry-'));
    deployment = await createDeployment({
      buyers: ['open', 'ruled', 'sourced', 'capped'],
      integrations: {
        ruled: { rule: { '>=': [{ var: 'lead.age' }, 25] } },
        sourced: { buyer: 'buy_ruled', rule: { '!=': [{ var: 'source.id' }, 'src_one'] } },
        capped: { caps: [{ count: 'accepted', max: 1, per: 'total' }] },
      },
    });
    leadwire = commandLine(deployment.variables);
    node = (await deployment.start()).url;
  });
  after(async () => {
    await deployment.stop();
    await rm(folder, { recursive: true });
  });

  it('tells an operator who would get a lead, and why not the others', async () => {
    const file = join(folder, 'lead.json');
    await writeFile(file, JSON.stringify(aLead({ age: 19, email: 'no address', last_name: '' })));
    const asked = `explain cmp_test ${file} --source src_one --at 2026-11-18T17:05:00Z`;
    const ran = await leadwire(asked);
    assert.equal(ran.code, 0, ran.err.join());
    const text = ran.out.join('\n');
    assert.match(text, /last_name is missing/);
    assert.match(text, /email is not an e-mail address/);
    assert.match(text, /timezone: America\/New_York/);
    assert.match(text, /^yes +int_open +buy_open +Gets this lead\.$/m);
    assert.match(text, /^no +int_ruled +buy_ruled +.*age is at least 25, but age is 19/m);
    assert.match(text, /^no +int_sourced +buy_ruled +.*the source is not "src_one"/m);

    const all = (await leadwire(`${asked} --all`)).out.join('\n');
    assert.match(all, /^ +FAIL +rule +its rule wants that age/m);
    assert.match(all, /^ +pass +caps +0 of 1 accepted in all/m);
    const { integrations } = JSON.parse((await leadwire(`${asked} --json`)).out.join('\n')) as {
      integrations: { id: string; checks: { check: string; saw: unknown }[] }[];
    };
    const ruled = integrations.find(({ id }) => id === 'int_ruled');
    assert.deepEqual(ruled?.checks.find(({ check }) => check === 'rule')?.saw, { 'lead.age': 19 });

    assert.equal((await leadwire(`explain cmp_gone ${file}`)).code, 1);
    assert.equal((await leadwire(`${asked} --mode test`)).code, 0);
  });

  it('tells a buyer about its own integrations only, and where leads come from is none of its business', async () => {
    const order = { kind: 'buyer', buyer: 'buy_ruled', mode: 'live', by: 'test' } as const;
    const { key } = await deployment.keys.api.create(order);
    const ask = (body: unknown, headers = { 'x-api-key': key }) => send(`${node}/api/dry-run/cmp_test`, body, headers);
    const { status, body } = await ask({ lead: aLead({ age: 19 }) });
    assert.equal(status, 200);
    const [ruled, sourced, ...others] = body['integrations'] as { id: string; says: string }[];
    assert.deepEqual(others, []);
    assert.deepEqual([ruled?.id, sourced?.id], ['int_ruled', 'int_sourced']);
    assert.match(ruled?.says ?? '', /its rule wants that age is at least 25, but age is 19/);
    assert.equal(sourced?.says, 'Gets this lead.');
    assert.doesNotMatch(JSON.stringify(body), /src_one/);

    assert.equal((await ask({ lead: 'Ada' })).body['code'], 'invalid_body');
    assert.equal((await ask({ lead: {} }, { 'x-api-key': deployment.keys.live })).body['code'], 'key_not_allowed');
    assert.equal((await send(`${node}/api/dry-run/cmp_gone`, { lead: {} }, { 'x-api-key': key })).status, 404);
    assert.deepEqual((await ask({ lead: {} })).body['missing_fields'], [
      'zip',
      'first_name',
      'last_name',
      'email',
      'phone',
    ]);
  });

  it('tells an operator over HTTP everything about every integration', async () => {
    const made = await leadwire('key create --operator --mode live');
    assert.equal(made.code, 0, made.err.join());
    const ask = (path: string, body: unknown) => send(`${node}${path}`, body, { 'x-api-key': made.out[0] ?? '' });
    const { status, body } = await ask('/api/dry-run/cmp_test', { lead: aLead({ age: 19 }), source: 'src_one' });
    assert.equal(status, 200);
    const integrations = body['integrations'] as { id: string; buyer: string; eligible: boolean; says: string }[];
    assert.deepEqual(
      integrations.map(({ id, buyer, eligible }) => [id, buyer, eligible]),
      [
        ['int_open', 'buy_open', true],
        ['int_ruled', 'buy_ruled', false],
        ['int_sourced', 'buy_ruled', false],
        ['int_capped', 'buy_capped', true],
      ],
    );
    assert.match(integrations[2]?.says ?? '', /the source is not "src_one"/);
    assert.equal((body['facts'] as Record<string, unknown>)['timezone'], 'America/New_York');
    assert.equal((await ask('/api/dry-run/cmp_gone', { lead: {} })).body['code'], 'unknown_campaign');
    // It explains, and does nothing else.
    assert.equal((await ask('/api/lead/cmp_test', aLead())).body['code'], 'key_not_allowed');
    assert.match((await leadwire('key list')).out.join('\n'), /^lw_live_\w{8} +operator +live/m);
    const nobody = await leadwire('key create --mode live');
    assert.match(nobody.err.join(), /one of --source, --seller, --buyer and --operator/);
  });

  it('writes nothing and asks nobody', async () => {
    assert.equal(await deployment.models.leads.countDocuments(), 0);
    assert.equal(await deployment.models.auctions.countDocuments(), 0);
    assert.deepEqual(deployment.buyers.log(), []);
  });
});
