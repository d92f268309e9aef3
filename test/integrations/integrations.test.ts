import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cli/program.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { connectMongo } from '../../models/connection.ts';
import type { Integration } from '../../schema/integration.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { crmIntegration } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, send, type Answer, type Deployment } from '../leads/deployment.ts';
import { PATIENT } from '../pings/campaigns.ts';

type Body = Record<string, unknown>;

const PATIENCE_MS = 30_000;
const SECRET = 'a-credential-of-the-crm';

describe('integrations, as operators use them', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  let operator: string;
  let sandbox: string;
  let folder: string;
  /** A lead that was sold to alpha. */
  let real: string;
  let leadwire: (argv: string) => Promise<Ran>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadwire-integrations-'));
    deployment = await createDeployment({
      auction: PATIENT,
      buyers: ['alpha', 'beta'],
      integrations: {
        alpha: { caps: [{ count: 'accepted', max: 100, per: 'day' }], name: 'Alpha' },
        // A buyer without a ping, below whatever alpha bids, and without an address for tests.
        beta: { ping: undefined, price: 0.5, priority: 200 } as unknown as Partial<Integration>,
      },
      more: (base) => [withCredential(crmIntegration(base, { zip: 'lead.postal_code', first: 'lead.firstname' }))],
    });
    const file = (await deployment.store.current())!.file;
    const beta = file.integrations!.find(({ id }) => id === 'int_beta')!;
    delete beta.ping;
    delete beta.post?.request.testUrl;
    await deployment.apply(file);
    const order = { kind: 'operator', mode: 'live', by: 'test' } as const;
    operator = (await deployment.keys.api.create(order)).key;
    sandbox = (await deployment.keys.api.create({ ...order, mode: 'test' })).key;
    await deployment.secrets.set('int_crm', 'token', SECRET, 'test');
    leadwire = commandLine(deployment.variables);
    url = (await deployment.start()).url;
  });
  after(async () => {
    await deployment.stop();
    await rm(folder, { recursive: true });
  });

  function withCredential(crm: Integration): Integration {
    const headers = { authorization: 'Bearer {{secrets.token}}' };
    const { request, response } = crm.deliver!;
    const told = { ref: 'lead.transaction_id', known: 'event.lead_id', what: 'event.name' };
    const revoke = { request: { ...request, json: told }, response };
    return { ...crm, secrets: ['token'], deliver: { request: { ...request, headers }, response }, revoke };
  }

  const get = (path: string, key = operator) => deployment.get(`/api/integrations${path}`, { 'x-api-key': key });
  const test = (id: string, body: Body, key = operator) =>
    send(`${url}/api/integrations/${id}/test`, body, { 'x-api-key': key });
  const codeOf = ({ status, body }: Answer) => `${status} ${String(body['code'])}`;
  const request = async (method: string, path: string, body?: Body, key = operator): Promise<Answer> => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/integrations${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  };

  /** Everything that is kept of leads. Who asked the API what is no part of it, nor is what is written now and then. */
  async function records(): Promise<Record<string, unknown[]>> {
    const others = ['requestLog', 'rateWindows', 'figures', 'healthCounts', 'integrationHours'];
    const kept = Object.entries(deployment.models).filter(([name]) => !others.includes(name));
    const found = await Promise.all(
      kept.map(async ([name, model]) => [
        name,
        await (model as typeof deployment.models.leads).collection.find().toArray(),
      ]),
    );
    return Object.fromEntries(found) as Record<string, unknown[]>;
  }

  it('are listed by category and campaign, in pages', async () => {
    const all = (await get('')).body['integrations'] as Body[];
    assert.deepEqual(
      all.map(({ id, category, when }) => [id, category, when]),
      [
        ['int_alpha', 'Buyer', 'buyer'],
        ['int_beta', 'Buyer', 'buyer'],
        ['int_crm', 'CRM', 'after_outcome'],
      ],
    );
    assert.deepEqual(all[0]?.['operations'], [
      { operation: 'ping', has_test_url: true },
      { operation: 'post', has_test_url: true },
    ]);
    const crm = (await get('?category=CRM&campaign=cmp_test')).body['integrations'] as Body[];
    assert.deepEqual(crm[0]?.['credentials'], ['token']);
    assert.deepEqual((await get('?campaign=cmp_other')).body['integrations'], []);
    const first = (await get('?limit=2')).body;
    assert.equal(first['next_cursor'], 'int_beta');
    const rest = (await get('?limit=2&cursor=int_beta')).body;
    assert.deepEqual([(rest['integrations'] as Body[]).length, rest['next_cursor']], [1, undefined]);
    assert.equal(codeOf(await get('', deployment.keys.live)), '403 key_not_allowed');
  });

  it('tell which fields they look at, and what could fill the rest', async () => {
    const { body } = await get('/int_crm/fields');
    const rows = body['fields'] as Body[];
    const byName = Object.fromEntries(rows.map(({ wants, filled_by, field }) => [wants, [filled_by, field]]));
    assert.deepEqual(byName, {
      email: ['field', 'email'],
      transaction_id: ['known', undefined],
      price: ['known', undefined],
      postal_code: ['synonym', 'zip'],
      firstname: ['synonym', 'first_name'],
    });
    assert.deepEqual(body['override'], {
      deliver: { request: { json: { zip: 'lead.zip', first: 'lead.first_name' } } },
    });
    assert.equal(codeOf(await get('/int_gone/fields')), '404 unknown_integration');

    const shown = await leadwire('integration suggest int_crm');
    assert.equal(shown.code, 0, shown.err.join());
    assert.match(shown.out.join('\n'), /^deliver +json +zip +lead\.postal_code +same meaning +zip$/m);
    assert.match(shown.out.join('\n'), /zip: lead\.zip/);
    const before = await leadwire('integration suggest --connector hubspot --campaign cmp_test');
    assert.match(before.out.join('\n'), /lead\.email +yes +email/, before.err.join());
    assert.equal((await leadwire('integration suggest --connector hubspot')).code, 1);
  });

  it('are tested on their testUrl, with sample values, those of a lead, or those given', async () => {
    const { status, body } = await test('int_alpha', { lead: { zip: '94105' } });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body['operation'], body['target'], body['sent'], body['code']], ['ping', 'test', true, 200]);
    const sent = body['request'] as Body;
    assert.match(String(sent['url']), /\/sandbox\/acme\/alpha\/ping$/);
    assert.equal((JSON.parse(String(sent['body'])) as Body)['zip'], '94105');
    const result = body['result'] as { outcome: string; bids: { price: number; private: Body }[] };
    assert.equal(result.outcome, 'accepted');
    const [bid] = result.bids;
    assert.ok(bid && bid.price > 0 && typeof bid.private['promise'] === 'string');

    const post = (await test('int_alpha', { operation: 'post', bid: { price: bid.price, ...bid.private } })).body;
    const posted = JSON.parse(String((post['request'] as Body)['body'])) as Body;
    assert.equal(posted['promise'], bid.private['promise']);
    assert.match(String(((post['request'] as Body)['headers'] as Body)['idempotency-key']), /^test_/);

    const sold = await deployment.post(aLead({ first_name: 'Grace' }));
    real = String(sold.body['transaction_id']);
    const again = (await test('int_alpha', { operation: 'post', transaction_id: real })).body;
    const payload = JSON.parse(String((again['request'] as Body)['body'])) as Body;
    assert.deepEqual([payload['first'], payload['ref']], ['Grace', real]);
    assert.equal(typeof payload['promise'], 'string', 'its own bid is posted');
    const delivered = (await test('int_crm', { transaction_id: real })).body;
    assert.doesNotMatch(JSON.stringify(delivered), new RegExp(SECRET), 'credentials are masked');
    assert.deepEqual(
      (delivered['issues'] as Body[]).map(({ code, field }) => `${String(code)} ${String(field)}`).sort(),
      ['field_empty firstname', 'field_empty postal_code'],
    );
  });

  it('show the request without sending it, and without credentials', async () => {
    const asked = deployment.buyers.log({ buyer: 'alpha' }).length;
    const { body } = await test('int_crm', { send: false, lead: { firstname: 'Ada', email: null } });
    assert.deepEqual([body['sent'], body['result']], [false, undefined]);
    assert.equal(((body['request'] as Body)['headers'] as Body)['authorization'], '***');
    const payload = JSON.parse(String((body['request'] as Body)['body'])) as Body;
    assert.equal(payload['first'], 'Ada', 'what is no field of the campaign counts as captured');
    assert.deepEqual(Object.keys(payload['properties'] as Body).sort(), ['leadwire_id', 'price']);
    const told = (await test('int_crm', { send: false, operation: 'revoke', transaction_id: real })).body[
      'request'
    ] as Body;
    assert.deepEqual(JSON.parse(String(told['body'])), { ref: real, known: 'test', what: 'revoke' });
    assert.match(String((told['headers'] as Body)['idempotency-key']), /^test_/);
    // What is only shown needs no confirmation.
    const live = (await test('int_beta', { send: false, target: 'production' })).body;
    assert.match(String((live['request'] as Body)['url']), /\/acme\/beta\/post$/);
    assert.equal(deployment.buyers.log({ buyer: 'alpha' }).length, asked);
  });

  it('refuse a test that cannot be', async () => {
    assert.equal(codeOf(await test('int_gone', {})), '404 unknown_integration');
    assert.equal(codeOf(await test('int_alpha', { operation: 'status' })), '422 unknown_operation');
    assert.equal(codeOf(await test('int_beta', {})), '422 no_test_address');
    assert.equal(codeOf(await test('int_alpha', { target: 'production' })), '422 production_not_confirmed');
    assert.equal(codeOf(await test('int_alpha', { lead: { email: 'no address' } })), '400 invalid_fields');
    assert.equal(codeOf(await test('int_alpha', { lead: 'Ada' })), '400 invalid_body');
    assert.equal(codeOf(await test('int_alpha', { transaction_id: 'txn_none' })), '404 unknown_lead');
    const { leads, followUps } = deployment.models;
    // The CRM is told of no lead that is withdrawn.
    await eventually(async () => (await followUps.findOne({ lead: real }).lean())?.state === 'done', PATIENCE_MS);
    await leads.updateOne({ _id: real }, { $set: { revokedAt: new Date() } });
    assert.equal(codeOf(await test('int_alpha', { transaction_id: real })), '404 unknown_lead', 'it was withdrawn');
    await leads.updateOne({ _id: real }, { $unset: { revokedAt: '' } });
    const production = { target: 'production', confirm: 'production' };
    assert.equal(codeOf(await test('int_beta', production, sandbox)), '403 key_not_allowed');
    assert.equal(codeOf(await test('int_alpha', {}, deployment.keys.live)), '403 key_not_allowed');
  });

  it('count a test nowhere, and note in the audit log that one went to a real address', async () => {
    const sold = await deployment.post(aLead());
    assert.equal(sold.body['outcome'], 'sold');
    // Everything that comes after the two sales has to be over.
    const { followUps, outbox } = deployment.models;
    const isOver = async () =>
      (await followUps.countDocuments({ state: 'done' })) === 2 && (await outbox.countDocuments()) === 0;
    await eventually(isOver, PATIENCE_MS);
    const before = await records();
    const production = { target: 'production', confirm: 'production' };
    for (const [id, operation] of [
      ['int_alpha', 'ping'],
      ['int_alpha', 'post'],
      ['int_beta', 'post'],
    ] as const) {
      const { body } = await test(id, { operation, ...production });
      assert.match(String((body['request'] as Body)['url']), new RegExp(`:\\d+/acme/${id.slice(4)}/`));
      assert.equal((await test('int_alpha', { operation })).status, 200);
    }
    assert.equal((await test('int_crm', {})).status, 200);
    for (const [name, kept] of Object.entries(await records())) assert.deepEqual(kept, before[name], name);

    const mongo = await connectMongo({ uri: deployment.variables['MONGODB_URI']!, database: deployment.name });
    const { audit } = createConfigurationModels(mongo);
    const entries = await audit.find({ what: 'integration' }).sort({ at: 1 }).lean();
    await mongo.close();
    assert.deepEqual(
      entries.map(({ changes: [change], details }) => [change?.id, change?.kind, details?.['operation']]),
      [
        ...['test_sent', 'test_ended'].map((kind) => ['int_alpha', kind, 'ping']),
        ...['test_sent', 'test_ended'].map((kind) => ['int_alpha', kind, 'post']),
        ...['test_sent', 'test_ended'].map((kind) => ['int_beta', kind, 'post']),
      ],
    );
    assert.ok(entries.every(({ who }) => /^key:lw_live_/.test(who)));
    assert.equal(entries[1]?.details?.['outcome'], 'accepted');
  });

  it('tell how their requests went', async () => {
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reject', times: 1 } });
    assert.equal((await deployment.post(aLead())).body['outcome'], 'sold', 'to beta');
    deployment.buyers.setBehaviour('alpha', { ping: { mode: 'error', times: 1 } });
    assert.equal((await deployment.post(aLead())).body['outcome'], 'sold', 'to beta');
    deployment.buyers.resetBehaviour();
    const look = async () => {
      const { body } = await get('/int_alpha/performance');
      const { ping, post } = body['operations'] as { ping?: Body; post?: Body };
      return ping?.['errors'] === 1 && post?.['rejected'] === 1
        ? { ping, post, total: body['total'] as Body }
        : undefined;
    };
    const { ping, post, total } = await eventually(look, PATIENCE_MS);
    // Two leads went to alpha before these, and no test counted.
    assert.deepEqual([ping['requests'], ping['accepted'], ping['rejected'], ping['error_rate']], [4, 3, 0, 0.25]);
    assert.deepEqual([post['requests'], post['accepted'], post['rejection_rate']], [3, 2, 0.3333]);
    assert.equal(total['requests'], 7);
    assert.ok(Number(total['average_ms']) > 0 && Number(total['p95_ms']) > 0);
    // What rules go by knows of no test either: it would have been written by now.
    const figures = async () => {
      const found = await deployment.models.figures.find({ _id: /:int_alpha$/ }).lean();
      return found.reduce((sum, { posts }) => sum + posts, 0) === 3;
    };
    await eventually(figures, PATIENCE_MS);
    const other = (await get('/int_alpha/performance?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')).body;
    assert.deepEqual([(other['total'] as Body)['requests'], (other['total'] as Body)['success_rate']], [0, null]);
    assert.equal(codeOf(await get('/int_alpha/performance?from=2020-01-01T00:00:00Z')), '400 invalid_parameters');
    assert.equal(codeOf(await get('/int_gone/performance')), '404 unknown_integration');

    const ran = await leadwire('integration performance int_alpha');
    assert.match(ran.out.join('\n'), /^ping +4 +75\.0 % +0\.0 % +25\.0 % +\d+ ms +\d+ ms$/m, ran.err.join());
  });

  it('show every request and its answer, in pages', async () => {
    const { body } = await get('/int_alpha/logs');
    const all = body['requests'] as Body[];
    assert.equal(all.length, 7);
    assert.equal(body['next_cursor'], undefined);
    assert.ok(all.every((one) => one['request'] && one['transaction_id'] && one['sandbox'] === undefined));
    assert.deepEqual(count(all.map(({ operation, outcome }) => `${String(operation)} ${String(outcome)}`)), {
      'ping accepted': 3,
      'ping error': 1,
      'post accepted': 2,
      'post rejected': 1,
    });

    const paged: Body[] = [];
    let cursor: string | undefined;
    do {
      const more: string = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page = (await get(`/int_alpha/logs?limit=1${more}`)).body;
      paged.push(...(page['requests'] as Body[]));
      cursor = page['next_cursor'] as string | undefined;
    } while (cursor !== undefined);
    assert.deepEqual(paged, all);

    const rejected = (await get('/int_alpha/logs?outcome=rejected')).body['requests'] as Body[];
    assert.deepEqual(
      rejected.map(({ operation }) => operation),
      ['post'],
    );
    const id = String(rejected[0]?.['transaction_id']);
    const ofLead = (await get(`/int_alpha/logs?transaction_id=${id}`)).body['requests'] as Body[];
    assert.deepEqual(
      ofLead.map(({ operation, outcome }) => [operation, outcome]),
      [
        ['ping', 'accepted'],
        ['post', 'rejected'],
      ],
    );
    assert.deepEqual((await get('/int_alpha/logs?to=2026-01-01T00:00:00Z')).body['requests'], []);
    assert.equal(((await get('/int_crm/logs')).body['requests'] as Body[])[0]?.['operation'], 'deliver');
    assert.doesNotMatch(JSON.stringify((await get('/int_crm/logs')).body), new RegExp(SECRET));
    assert.equal(codeOf(await get('/int_alpha/logs?transaction_id=txn_x')), '400 invalid_parameters');
    assert.equal(codeOf(await get('/int_gone/logs')), '404 unknown_integration');

    assert.deepEqual((await get('/int_alpha/logs', sandbox)).body['requests'], []);
    await deployment.post(aLead(), { 'x-api-key': deployment.keys.test });
    const tried = (await get('/int_alpha/logs', sandbox)).body['requests'] as Body[];
    assert.ok(tried.length > 0 && tried.every((one) => one['sandbox'] === true));

    const ran = await leadwire('integration logs int_alpha --outcome rejected');
    assert.equal(ran.code, 0, ran.err.join());
    assert.match(ran.out.join('\n'), new RegExp(`${id} +post +rejected +rejected +200`));
    assert.doesNotMatch(ran.out.join('\n'), /Lovelace/);
    assert.match(
      (await leadwire(`integration logs int_alpha --transaction ${id} --show-values`)).out.join('\n'),
      /Lovelace/,
    );
  });

  it('take credentials, and never give them back', async () => {
    const value = 'another-credential';
    const set = await request('PUT', '/int_crm/secrets/token', { value });
    assert.deepEqual([set.status, set.body['used']], [200, true]);
    assert.equal((await request('PUT', '/int_crm/secrets/spare', { value })).body['used'], false);
    const listed = await get('/int_crm/secrets');
    assert.deepEqual(
      (listed.body['secrets'] as Body[]).map(({ name, used, set_at }) => [name, used, typeof set_at]),
      [
        ['spare', false, 'string'],
        ['token', true, 'string'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(listed.body), new RegExp(value));
    const log = await eventually(
      async () => deployment.models.requestLog.findOne({ route: '/api/integrations/{id}/secrets/{name}' }).lean(),
      PATIENCE_MS,
    );
    assert.doesNotMatch(JSON.stringify(log), new RegExp(value));
    await eventually(async () => (await deployment.secrets.forIntegration('int_crm', ['token']))['token'] === value);

    assert.equal((await request('DELETE', '/int_crm/secrets/spare')).status, 200);
    assert.equal(codeOf(await request('DELETE', '/int_crm/secrets/spare')), '404 unknown_secret');
    assert.equal(codeOf(await request('PUT', '/int_crm/secrets/0', { value })), '404 unknown_secret');
    assert.equal(codeOf(await request('PUT', '/int_crm/secrets/token', { value: 1 })), '400 invalid_body');
    assert.equal(codeOf(await request('PUT', '/int_crm/secrets/token', { value }, sandbox)), '403 key_not_allowed');
    for (const method of ['PUT', 'DELETE']) {
      const sent = method === 'PUT' ? { value } : undefined;
      assert.equal(codeOf(await request(method, '/int_gone/secrets/token', sent)), '404 unknown_integration');
    }
    assert.equal(codeOf(await get('/int_gone/secrets')), '404 unknown_integration');
    const audited = await leadwire('audit --what secret --id int_crm:spare');
    assert.match(audited.out.join('\n'), /key:lw_live_\w+ +secret +removed +secrets int_crm:spare/, audited.err.join());
  });

  it('are tested from the command line, on a real address only after their id was typed', async () => {
    const file = join(folder, 'lead.json');
    await writeFile(file, JSON.stringify({ zip: '60601' }));
    const ran = await leadwire(`integration test int_alpha --operation post --lead ${file} --field first_name=Grace`);
    assert.equal(ran.code, 0, ran.err.join());
    assert.match(ran.out.join('\n'), /POST http.*\/sandbox\/acme\/alpha\/post/);
    assert.match(ran.out.join('\n'), /"first":"Grace".*"zip":"60601"/);
    const preview = JSON.parse((await leadwire('integration test int_crm --preview --json')).out.join('\n')) as Body;
    assert.deepEqual([preview['sent'], preview['operation']], [false, 'deliver']);

    const argv = 'integration test int_beta --production';
    assert.equal((await leadwire(argv)).code, 1, 'nobody can be asked');
    const printed: string[] = [];
    const typing = (text: string) =>
      runCli(argv.split(' '), {
        variables: deployment.variables,
        print: (line) => printed.push(line),
        complain: (line) => printed.push(line),
        readInput: () => Promise.resolve(''),
        ask: () => Promise.resolve(text),
      });
    const posts = () => deployment.buyers.log({ buyer: 'beta' }).length;
    const before = posts();
    assert.equal(await typing('yes'), 1);
    assert.equal(posts(), before);
    assert.equal(await typing('int_beta'), 0, printed.join('\n'));
    assert.equal(posts(), before + 1);
    assert.match(
      (await leadwire('audit --what integration --limit 2')).out.join('\n'),
      /cli:\S+ +integration +test_ended/,
    );
  });
});

function count(words: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const word of words) counted[word] = (counted[word] ?? 0) + 1;
  return counted;
}
