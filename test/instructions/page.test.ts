import assert from 'node:assert/strict';
import { errorsOf } from '../../server/api/openapi-errors.ts';
import { operationsOf, type AppDeps } from '../../server/app.ts';
import type { Guide } from '../../server/instructions/guide.ts';
import { MACRO_NAMES } from '../../rules/postback/macros.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { commandLine } from '../cli/command-line.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { samplesOn, textOf } from './reader.ts';

const HOSTILE = `<script>alert("1")</script>`;

describe('posting instructions: the page', () => {
  let deployment: Deployment;
  let url: string;
  let token: string;

  before(async () => {
    deployment = await createDeployment();
    ({ url } = await deployment.start());
    token = await deployment.links.tokenOf('src_one', 'test');
  });
  after(() => deployment.stop());

  const pageOf = async (of: string) => (await fetch(`${url}/docs/posting/${of}`)).text();
  const guideOf = async (of: string) =>
    (await (await fetch(`${url}/docs/posting/${of}`, { headers: { accept: 'application/json' } })).json()) as Guide;

  /** Applies a change and waits until the node serves it. */
  async function apply(change: (file: ConfigurationFile) => void): Promise<void> {
    const file = campaignFile(deployment.buyers.url);
    change(file);
    const { revision } = await deployment.apply(file);
    await eventually(async () => (await guideOf(token)).revision >= revision);
  }

  it('needs no login, runs nothing and fetches nothing', async () => {
    const answer = await fetch(`${url}/docs/posting/${token}`);
    const page = await answer.text();
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html; charset=utf-8$/i);
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'unsafe-inline';/,
    );
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.ok(page.startsWith('<!doctype html>'));
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|\bon\w+=|url\(|@import/i);
    assert.match(page, /@media print/);
  });

  it('has the addresses, the header of the key, and each field with when it is required', async () => {
    const page = textOf(await pageOf(token));
    for (const path of ['lead', 'ping', 'post']) assert.ok(page.includes(`https://leads.example/api/${path}/cmp_test`));
    for (const words of ['x-api-key', 'lw_test_…', 'lw_live_…', 'idempotency-key', 'retry-after', '"sandbox": true']) {
      assert.ok(page.includes(words), words);
    }
    const fields = (await guideOf(token)).campaigns[0]?.fields ?? [];
    const key = { 'x-api-key': deployment.keys.live };
    const missed = async (path: string) =>
      Object.keys((await send(`${url}/api/${path}/cmp_test`, {}, key)).body['missingFields'] as object);
    const required = (...stages: string[]) =>
      fields.filter((one) => stages.includes(one.required)).map(({ name }) => name);
    assert.deepEqual(required('ping'), await missed('ping'));
    assert.deepEqual(required('ping', 'post'), await missed('lead'));
  });

  it('has every answer of the endpoints it tells of, with its code', async () => {
    const { endpoints } = await guideOf(token);
    const page = textOf(await pageOf(token));
    const specs = operationsOf(descriptionsOnly()).map(({ spec }) => spec);
    for (const path of ['/api/lead/{cid}', '/api/ping/{cid}', '/api/post/{cid}', '/api/lead/{id}', '/click/{cid}']) {
      const spec = specs.find((one) => one.path === path);
      const told = endpoints.find((one) => one.path === path);
      assert.ok(spec && told, path);
      assert.deepEqual(
        told.answers.map(({ status }) => status),
        Object.keys(spec.answers).map(Number),
      );
      const codes = [...errorsOf(spec).values()].flat();
      assert.deepEqual(
        told.errors.map(({ code }) => code),
        codes,
      );
      for (const code of codes) assert.ok(page.includes(code), `${path} ${code}`);
    }
    for (const macro of MACRO_NAMES) assert.ok(page.includes(`{${macro}}`), macro);
  });

  it('shows answers that are as the API describes them', async () => {
    const examples = (await guideOf(token)).campaigns[0]?.examples ?? [];
    const outcomes = examples.map(({ status, body }) => `${status} ${String(body['outcome'] ?? body['code'])}`);
    assert.deepEqual(outcomes, [
      '200 sold',
      '200 rejected',
      '200 duplicate',
      '202 pending',
      '200 bid',
      '200 no_bid',
      '400 invalid_fields',
    ]);
    const specs = operationsOf(descriptionsOnly()).map(({ spec }) => spec);
    for (const { status, body } of examples.filter((example) => example.status < 400)) {
      const isPing = body['ping_id'] !== undefined;
      const spec = specs.find(({ path }) => path === (isPing ? '/api/ping/{cid}' : '/api/post/{cid}'));
      const schema = spec?.answers[status]?.schema as { safeParse(value: unknown): { success: boolean } };
      assert.ok(schema.safeParse(body).success, JSON.stringify(body));
    }
  });

  it("keeps to itself what is not the seller's to know", async () => {
    await apply((file) => {
      file.campaigns?.[0]?.fields.push({ name: 'desk_note', type: 'text', hidden: true });
      file.campaigns?.push({ id: 'cmp_other', name: 'Other campaign', timezone: 'UTC', fields: [] });
      for (const source of file.sources ?? []) source.campaigns = ['cmp_test'];
    });
    const told = (await pageOf(token)) + JSON.stringify(await guideOf(token));
    for (const secret of ['desk_note', 'cmp_other', 'Other campaign', 'alpha', deployment.buyers.url, 'src_paused']) {
      assert.ok(!told.includes(secret), secret);
    }
    for (const key of [deployment.keys.live, deployment.keys.test]) assert.ok(!told.includes(key.slice(0, 16)));
  });

  it('follows the configuration, and shows its texts as texts', async () => {
    await apply((file) => {
      for (const source of file.sources ?? []) source.name = HOSTILE;
      file.campaigns?.[0]?.fields.push({
        name: 'owner',
        label: HOSTILE,
        type: 'enum',
        required: 'post',
        values: [`'${HOSTILE}'`, '$(id)'],
      });
    });
    const page = await pageOf(token);
    assert.ok(!page.includes('<script'));
    assert.ok(page.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'));
    assert.ok(textOf(page).includes(`'${HOSTILE}'`));
    const direct = samplesOn(page).filter(({ code, kind }) => kind === 'direct' && code.includes('/cmp_test'));
    assert.equal(direct.length, 4);
    for (const { code } of direct) assert.ok(code.includes('owner'));
  });

  it('says what is paused', async () => {
    await apply((file) => {
      for (const source of file.sources ?? []) source.paused = true;
      for (const campaign of file.campaigns ?? []) campaign.paused = true;
    });
    const page = textOf(await pageOf(token));
    assert.ok(page.includes('This source is paused') && page.includes('This campaign is paused'));
    await apply(() => {});
  });

  it('is unknown under any other address', async () => {
    for (const wrong of ['x', token.slice(1), `${token}x`, 'a'.repeat(32), '%00', '..%2f..', 'src_one']) {
      const answer = await fetch(`${url}/docs/posting/${wrong}`);
      const { code } = (await answer.json()) as { code: string };
      assert.deepEqual([answer.status, code], [404, 'unknown_instructions'], wrong);
    }
  });

  it('has an address that the command line tells, replaces and takes back', async () => {
    const leadwire = commandLine(deployment.variables);
    const told = async (options = '') =>
      (await leadwire(`instructions url --source src_elsewhere${options}`)).out[0] ?? '';
    const statusOf = async (address: string) => (await fetch(address.replace('https://leads.example', url))).status;

    const first = await told();
    assert.match(first, /^https:\/\/leads\.example\/docs\/posting\/[\w-]{32}$/);
    assert.equal(await told(), first);
    assert.equal(await statusOf(first), 200);
    assert.ok((await guideOf(first.split('/').pop() ?? '')).source.id === 'src_elsewhere');

    const second = await told(' --rotate');
    assert.notEqual(second, first);
    assert.deepEqual([await statusOf(first), await statusOf(second)], [404, 200]);

    assert.equal((await leadwire('instructions revoke --source src_elsewhere')).code, 0);
    assert.equal(await statusOf(second), 404);
    assert.equal((await leadwire('instructions revoke --source src_elsewhere')).code, 1);
    assert.match(
      (await leadwire('instructions url --source src_nobody')).err.join(),
      /No source has the id src_nobody/,
    );
  });

  it('keeps one address when several people ask for it at once', async () => {
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => deployment.links.tokenOf('src_paused', 'test')));
    assert.equal(new Set(tokens).size, 1);
  });
});

/** Enough to describe the operations; none of them is carried out. */
function descriptionsOnly(): AppDeps {
  const nothing: object = new Proxy(() => nothing, { get: (_target, name) => (name === 'publicUrl' ? '' : nothing) });
  return new Proxy({}, { get: () => nothing }) as AppDeps;
}
