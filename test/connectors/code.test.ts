import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCode, type CodeFunctions } from '../../rules/connector/code.ts';
import { ConnectorFault } from '../../rules/connector/fault.ts';
import type { MappingContext } from '../../rules/mapping/context.ts';
import { bundleCode, CodeRefused } from '../../sdk/code/bundle.ts';
import { readPage } from '../docs/pages.ts';
import { createCodeThreads, type CodeThreads, type CodeThreadsOptions } from '../../sdk/code/threads.ts';

const SDK = `import { defineConnector, ConnectorError } from '@leadwire/connector-sdk';`;
const context = (lead: Record<string, unknown>): MappingContext => ({
  lead,
  config: {},
  secrets: {},
  campaign: { id: 'cmp_test', name: 'Test' },
  source: { id: 'src_one' },
  sandbox: false,
  now: '2026-01-15T12:00:00.000Z',
});

/** Every way in which code can go wrong, by what the lead says it is to do. */
const NAUGHTY = `${SDK}
const ways = {
  fine: () => ({ body: 'fine' }),
  loop: () => { for (;;); },
  list: () => { const all = []; for (;;) all.push(all.length); },
  texts: () => { const all = []; for (;;) all.push('x' + Math.random()); },
  buffers: () => { const all = []; for (;;) all.push(Buffer.alloc(16_000_000, 1)); },
  throw: () => { throw new TypeError('a phone: 2125550198'); },
  later: () => { setTimeout(() => { throw new Error('nobody waits'); }); return new Promise(() => {}); },
  exit: () => process.exit(0),
  never: () => new Promise(() => {}),
  huge: () => ({ body: 'x'.repeat(2_000_000) }),
  unclonable: () => ({ body: () => 'x' }),
  circular: () => { const all = {}; all.all = all; return all; },
  nothing: () => undefined,
  down: () => { throw new ConnectorError('service_down', { retryable: true }); },
  closed: () => { throw new ConnectorError('account_closed'); },
  number: () => { throw new ConnectorError('p2125550198'); },
  words: () => { throw Object.assign(new Error(), { name: 'ConnectorError', code: 'Ada Lovelace' }); },
  print: () => { console.log('2125550198'); process.stdout.write('2125550198'); return { body: 'printed' }; },
  reach: () => ({ body: typeof fetch + JSON.stringify(process.env) }),
};
export default defineConnector({}, { post: { request: ({ lead }) => ways[lead.way]() } });`;

describe('code of connectors', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-code-'));
  const open: CodeThreads[] = [];
  let naughty = '';
  before(async () => void (naughty = await scriptOf(NAUGHTY)));
  after(async () => {
    await Promise.all(open.map((threads) => threads.close()));
    rmSync(folder, { recursive: true });
  });

  async function scriptOf(source: string, more: Record<string, string> = {}): Promise<string> {
    const place = mkdtempSync(join(folder, 'c-'));
    for (const [name, text] of Object.entries({ 'index.js': source, ...more })) writeFileSync(join(place, name), text);
    return bundleCode(place);
  }

  /** Limits are generous where they are not what a test is about: the machine may be busy. */
  function threadsOf(options: CodeThreadsOptions = {}) {
    const events: string[] = [];
    const onEvent = (connector: string, event: string) => void events.push(`${connector} ${event}`);
    const threads = createCodeThreads({ deadlineMs: 60_000, loadMs: 60_000, waitMs: 60_000, ...options, onEvent });
    open.push(threads);
    const post = (name: string, script: string | (() => Promise<string>) = naughty) =>
      threads.functions(name, typeof script === 'string' ? () => Promise.resolve(script) : script)('post');
    return { events, threads, post };
  }

  const ask = async (functions: CodeFunctions, way: string) => functions.request?.(context({ way }));
  const faultOf = async (functions: CodeFunctions, way: string): Promise<[reason: string, retryable: boolean]> => {
    const error = await ask(functions, way).then(
      () => assert.fail(`${way} was no fault`),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ConnectorFault, String(error));
    return [error.reason, error.retryable];
  };
  const FAILED = ['connector_failed', true];

  it('gives in its thread what it gives here, and leaves what it does not have to the mappings', async () => {
    const { post, events } = threadsOf();
    const source = `${SDK}
      import { createHash } from 'node:crypto';
      import { around } from './around.js';
      export default defineConnector({}, { post: {
        request: ({ lead }) => ({ headers: { 'X-Sum': createHash('sha256').update(around(lead.zip)).digest('hex') } }),
      } });`;
    const functions = post(
      'sound',
      await scriptOf(source, { 'around.js': 'export const around = (zip) => `<${zip}>`;' }),
    );
    const base = { method: 'POST', url: 'https://api.acme.example/', headers: { accept: 'text/plain' }, body: 'all' };
    const operation = withCode({ render: () => Promise.resolve(base) }, functions);
    const sum = createHash('sha256').update('<10001>').digest('hex');
    const rendered = await operation.render(context({ zip: '10001' }));
    assert.deepEqual(rendered, { ...base, headers: { ...base.headers, 'x-sum': sum } });
    const answer = { status: 200, headers: {}, body: Buffer.from('{}') };
    assert.equal((await operation.interpret(answer, context({}))).outcome, 'unrecognised');
    assert.deepEqual(events, ['sound started']);
  });

  it('may be what the documentation shows', async () => {
    const source =
      /^```ts\n(import [\s\S]*?defineConnector[\s\S]*?)^```/m.exec(readPage('docs/connectors.md'))?.[1] ?? '';
    const functions = threadsOf().post('example', await scriptOf(source, { 'connector.json': '{}' }));
    const known = { ...context({ zip: '10001', phone: '+12125550198' }), config: { campaign: '7' } };
    const request = await functions.request?.({ ...known, secrets: { key: 'k' } });
    const line = '7|10001|+12125550198';
    const sum = createHash('md5').update(`${line}k`).digest('hex').slice(0, 12);
    assert.deepEqual(request, { body: `${line}|${sum}` });
    const read = async (text: string) => functions.response?.({ status: 200, headers: {}, body: text, text }, known);
    assert.deepEqual(await read('OK 12.50'), { outcome: 'accepted', price: '12.50' });
    await assert.rejects(read('DOWN'), (fault) => fault instanceof ConnectorFault && fault.retryable);
  });

  it('that throws, gives nonsense or ends its thread fails that call, and the next one is made', async () => {
    const { post, events } = threadsOf();
    const functions = post('naughty');
    for (const way of ['throw', 'huge', 'unclonable', 'circular', 'nothing', 'exit', 'later']) {
      assert.deepEqual(await faultOf(functions, way), FAILED, way);
      assert.deepEqual(await ask(functions, 'fine'), { body: 'fine' });
    }
    const failed = ['threw', 'result', 'result', 'result', 'result', 'exit', 'exit'];
    assert.deepEqual(
      events.filter((event) => !event.endsWith('started')),
      failed.map((cause) => `naughty ${cause}`),
    );
  });

  it('says with a ConnectorError what is wrong and whether asking again may help, by a code and nothing else', async () => {
    const { post, events } = threadsOf();
    const functions = post('naughty');
    assert.deepEqual(await faultOf(functions, 'down'), ['connector_failed:service_down', true]);
    assert.deepEqual(await faultOf(functions, 'closed'), ['connector_failed:account_closed', false]);
    for (const way of ['number', 'words']) assert.deepEqual(await faultOf(functions, way), ['connector_failed', false]);
    assert.deepEqual(events, ['naughty started']);
  });

  it('sees no environment and no network, and prints nowhere', async () => {
    const functions = threadsOf().post('naughty');
    assert.deepEqual(await ask(functions, 'print'), { body: 'printed' });
    assert.deepEqual(await ask(functions, 'reach'), { body: 'undefined{}' });
  });

  it('that loops or never answers is ended by its deadline, while another connector answers', async () => {
    const { post, events } = threadsOf({ deadlineMs: 2_000 });
    const other = post('other');
    await ask(other, 'fine');
    let ended = false;
    const stuck = Promise.all([faultOf(post('loops'), 'loop'), faultOf(post('waits'), 'never')]).finally(() => {
      ended = true;
    });
    let answers = 0;
    while (!ended) {
      assert.deepEqual(await ask(other, 'fine'), { body: 'fine' });
      answers += 1;
    }
    assert.deepEqual(await stuck, [FAILED, FAILED]);
    assert.ok(answers > 1, `${answers} answers`);
    assert.deepEqual(events.filter((event) => event.endsWith('deadline')).sort(), ['loops deadline', 'waits deadline']);
    assert.deepEqual(await ask(post('loops'), 'fine'), { body: 'fine' });
  });

  it('that takes more memory than it may fails that call alone, in a heap or beside it', async () => {
    const { post, events } = threadsOf({ memoryMb: 16 });
    // A list that outgrows its heap in one step takes the whole process along: what was asked meanwhile is asked again.
    const bombs = ['list', 'texts', 'buffers'];
    const others = bombs.map((way) => ask(post(`beside ${way}`), 'fine'));
    assert.deepEqual(await Promise.all(bombs.map((way) => faultOf(post(way), way))), [FAILED, FAILED, FAILED]);
    assert.deepEqual(await Promise.all(others), [{ body: 'fine' }, { body: 'fine' }, { body: 'fine' }]);
    assert.deepEqual(
      events.filter((event) => !event.endsWith('started')).sort(),
      bombs.map((way) => `${way} memory`).sort(),
    );
    for (const way of bombs) assert.deepEqual(await ask(post(way), 'fine'), { body: 'fine' });
  });

  it('that does not load fails its calls', async () => {
    const { post, events } = threadsOf({ loadMs: 2_000 });
    assert.deepEqual(await faultOf(post('throws', 'throw new Error()'), ''), FAILED);
    assert.deepEqual(await faultOf(post('no connector', 'module.exports.default = 7'), ''), FAILED);
    assert.deepEqual(await faultOf(post('loops', 'for (;;);'), ''), FAILED);
    assert.deepEqual(
      await faultOf(
        post('is gone', () => Promise.reject(new Error('no such package'))),
        '',
      ),
      FAILED,
    );
    assert.equal(events.filter((event) => event.endsWith('load')).length, 4);
  });

  it('that fails over and over is left alone for a while', async () => {
    const { post, events } = threadsOf();
    const functions = post('ends');
    for (let call = 0; call < 40; call++) assert.deepEqual(await faultOf(functions, 'exit'), FAILED);
    const count = (event: string) => events.filter((each) => each === `ends ${event}`).length;
    assert.equal(count('started'), count('exit'));
    assert.equal(count('exit') + count('paused'), 40);
    assert.ok(count('paused') > 20, `${count('paused')} times`);
    assert.deepEqual(await ask(post('other'), 'fine'), { body: 'fine' });
  });

  it('has only so many calls waiting, and none is left when threads are closed', async () => {
    const { post, threads, events } = threadsOf({ maxQueued: 2 });
    const functions = post('waits');
    await ask(functions, 'fine');
    const calls = ['never', 'fine', 'fine', 'fine'].map((way) => faultOf(functions, way));
    assert.deepEqual(await calls[3], FAILED);
    assert.deepEqual(events.slice(1), ['waits busy']);
    await threads.close();
    assert.deepEqual(await Promise.all(calls), [FAILED, FAILED, FAILED, FAILED]);
    assert.deepEqual(await faultOf(functions, 'fine'), FAILED);
  });

  describe('is made one script', () => {
    const refused = (source: string, message: RegExp, more: Record<string, string> = {}) =>
      assert.rejects(scriptOf(source, more), (error) => error instanceof CodeRefused && message.test(error.message));

    it('of its own files and the SDK, whatever else it asks for', async () => {
      await refused(`import 'node:fs'; export default 1`, /imports node:fs/);
      await refused(`import 'lodash'; export default 1`, /imports lodash/);
      await refused(`export default () => import('node:child_process')`, /imports node:child_process/);
      await refused(`const { x } = require('http'); export default x`, /imports http/);
      await refused(`import './more.js'; export default 1`, /imports net/, { 'more.js': `import 'net'` });
      await refused(`import '../../../etc/hostname'; export default 1`, /not in its folder|resolve/);
      await refused(`import { runFixture } from '@leadwire/connector-sdk'; export default runFixture`, /runFixture/);
      await refused(`export default {`, /index\.js:1/);
    });

    it('and of none that a link leads to', async () => {
      const place = mkdtempSync(join(folder, 'c-'));
      mkdirSync(join(folder, 'outside'));
      writeFileSync(join(folder, 'outside', 'more.js'), 'export default 1');
      symlinkSync(join(folder, 'outside', 'more.js'), join(place, 'more.js'));
      writeFileSync(join(place, 'index.js'), `export { default } from './more.js'`);
      await assert.rejects(bundleCode(place), CodeRefused);
    });
  });
});
