import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import { compileConfiguration } from '../../config/compile.ts';
import type { ConnectorCode } from '../../config/connectors/code.ts';
import { pinConnectors } from '../../config/connectors/pins.ts';
import { compileConnector, ConnectorError, defineConnector, runFixture } from '../../sdk/index.ts';
import { aManifest, catalogOf, fileWith, issuesOf, read } from './acme.ts';

describe('an integration on a connector with code', () => {
  it('is refused, unless the operator lets the code of its package run', () => {
    const connectors = catalogOf(aManifest({ code: 'index.js' }));
    assert.deepEqual(issuesOf({}, connectors), ['integrations[0].connector code_not_allowed']);
    const allowed = (codeConnectors: string[]) =>
      checkConfiguration(fileWith({ connector: 'acme@1.0.0' }), { connectors, codeConnectors }).issues;
    assert.equal(allowed(['acme@1.0.0']).length, 1, 'packages are allowed, not versions');
    assert.deepEqual(allowed(['other', 'acme']), []);
  });

  it('may leave to code what its mappings do not say', () => {
    const check = (operations: object) => {
      const connectors = catalogOf(aManifest({ code: 'index.js', operations }));
      const { issues } = checkConfiguration(fileWith({}), { connectors, codeConnectors: ['acme'] });
      return issues.map(({ path, code }) => `${path} ${code}`);
    };
    assert.deepEqual(check({ post: {} }), []);
    assert.deepEqual(check({ post: { response: { rejected: 'status = 404' } } }), []);
    assert.deepEqual(check({ deliver: {} }), ['integrations[0].post missing']);
  });

  it('is there where the code may not run, and refuses', async () => {
    const file = fileWith({});
    const pins = pinConnectors(file, () => true, undefined, catalogOf(aManifest({ code: 'index.js' })));
    const compile = (code?: ConnectorCode) =>
      compileConfiguration({ ...file, pins }, 1, { code }).integrations.get('int_one');
    const context = compileConnector(read(aManifest())).context({ lead: { zip: '10001' } });
    const refused = compile();
    assert.equal(refused?.codeNotAllowed, true);
    await assert.rejects(async () => refused?.operations.post?.render(context), { code: 'code_not_allowed' });
    const asked: string[] = [];
    const runs = compile({
      of: (key) => (operation) => {
        asked.push(`${key} ${operation}`);
        return { request: () => ({ body: 'code' }) };
      },
    });
    assert.equal(runs?.codeNotAllowed, false);
    const sample = { ...context, config: { account: '7' }, secrets: { token: 't' } };
    const rendered = await runs.operations.post?.render(sample);
    assert.deepEqual([rendered?.body, rendered?.headers['authorization']], ['code', 'Bearer t']);
    assert.deepEqual(asked, ['acme@1.0.0 post']);
  });
});

describe('a connector with code', () => {
  const manifest = aManifest({ code: 'index.js' });
  const { functions } = defineConnector(
    {
      config: {
        properties: { account: { type: 'string' }, size: { type: 'integer' }, token: { type: 'string', secret: true } },
        required: ['account', 'token'],
      },
      operations: { post: {} },
    } as const,
    {
      post: {
        // Typed from the schema: `account` is a string, `size` a number that need not be there.
        request: ({ lead, config }) => ({
          body: `${config.account.padStart(3, '0')}|${(config.size ?? 1).toFixed(0)}|${String(lead['zip'])}`,
        }),
        response: ({ text }) => {
          if (text === 'down') throw new ConnectorError('service_down', { retryable: true });
          return text.startsWith('OK ') ? { outcome: 'accepted', price: text.slice(3) } : {};
        },
      },
    },
  );
  const fixture = {
    operation: 'post' as const,
    config: { account: '7' },
    secrets: { token: 't' },
    input: { lead: { zip: '10001' } },
    request: {
      method: 'POST',
      url: 'https://api.acme.example/7',
      headers: { authorization: 'Bearer t', 'content-type': 'text/plain' },
      body: '007|3|10001',
    },
  };
  const text = aManifest({
    ...manifest,
    operations: {
      post: {
        request: { url: 'https://api.acme.example/{{config.account}}', contentType: 'text/plain' },
        response: { rejected: { 'body.ok': false } },
      },
    },
  });
  const run = (changes: object) => runFixture(read(text), { ...fixture, ...changes }, functions as never);

  it('takes from its functions what they give, and everything else from its mappings', async () => {
    const accepted = { response: { body: 'OK 12.50' }, result: { outcome: 'accepted' as const, price: '12.5' } };
    assert.deepEqual((await run(accepted)).mistakes, []);
    const rejected = { response: { body: { ok: false } }, result: { outcome: 'rejected' as const } };
    assert.deepEqual((await run(rejected)).mistakes, []);
  });

  it('that throws is a fault, not a no', async () => {
    const came = await run({ response: { body: 'down' }, error: { code: 'connector_failed' } });
    assert.deepEqual(came.mistakes, []);
  });

  it('that changes what it is given, or gives something else each time, fails its fixtures', async () => {
    let calls = 0;
    const rude = {
      post: {
        request: ({ lead }: { lead: Record<string, unknown> }) => {
          lead['zip'] = '';
          calls += 1;
          return { body: String(calls) };
        },
      },
    };
    const { mistakes } = await runFixture(read(text), { ...fixture, input: { lead: { zip: '1' } } }, rude as never);
    assert.ok(
      mistakes.some((line) => line.startsWith('input: was changed')),
      mistakes.join('\n'),
    );
    assert.ok(
      mistakes.some((line) => line.startsWith('request: is another one')),
      mistakes.join('\n'),
    );
  });
});
