import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { compileConfiguration } from '../../config/compile.ts';
import { builtInConnectors, createConnectorCatalog, type ConnectorSource } from '../../config/connectors/catalog.ts';
import { pinConnectors } from '../../config/connectors/pins.ts';
import { compileConnector } from '../../sdk/index.ts';
import { aManifest, catalogOf, fileWith, issuesOf, read } from './acme.ts';

describe('an integration on a connector', () => {
  it('fills in what the connector asks for, and nothing else', () => {
    assert.deepEqual(issuesOf({}), []);
  });

  const mistakes: [string, Record<string, unknown>, string[]][] = [
    ['a connector that is not there', { connector: 'nobody' }, ['connector unknown_connector']],
    ['a version that is not there', { connector: 'acme@2.0.0' }, ['connector unknown_connector']],
    ['a value that is missing', { config: {} }, ['config.account missing']],
    ['a value that does not fit', { config: { account: 'seven' } }, ['config.account wrong_value']],
    ['a value out of bounds', { config: { account: '7', size: 0 } }, ['config.size wrong_value']],
    ['a value nobody asked for', { config: { account: '7', other: 1 } }, ['config.other unknown_property']],
    ['a credential among the values', { config: { account: '7', token: 'x' } }, ['config.token secret_in_config']],
    [
      'an address on another host',
      { post: { request: { url: 'https://acme.example.evil.example/' } } },
      ['post.request.url host_not_allowed'],
    ],
    [
      'a test address on another host',
      { post: { request: { testUrl: 'https://mock.example/' } } },
      ['post.request.testUrl host_not_allowed'],
    ],
    ['a property that no request has', { post: { request: { bodi: 'x' } } }, ['post.request.bodi unknown_property']],
    [
      'a part of an operation that the connector lacks',
      { ping: { request: { json: { a: 'lead.zip' } } } },
      ['ping.request.url missing', 'ping.response missing'],
    ],
    [
      'a secret that is nobody’s',
      { post: { request: { json: { a: 'secrets.other' } } } },
      ['post.request.json.a unknown_secret'],
    ],
  ];
  for (const [what, integration, expected] of mistakes) {
    it(`is refused for ${what}`, () => {
      const found = issuesOf(integration);
      for (const issue of expected) assert.ok(found.includes(`integrations[0].${issue}`), found.join('; '));
    });
  }

  it('may name further hosts of its own', () => {
    const post = { request: { testUrl: 'https://mock.example/' } };
    assert.deepEqual(issuesOf({ hosts: ['mock.example'], post }), []);
  });

  it('changes single fields: one replaced, one taken away, one added, the others as they are', async () => {
    const connectors = catalogOf(aManifest());
    const post = { request: { json: { name: null, zip: { field: 'lead.zip', format: 'number' }, ref: 'lead.ref' } } };
    const file = fileWith({ post });
    assert.deepEqual(issuesOf({ post }), []);
    const pins = pinConnectors(file, () => true, undefined, connectors);
    const operation = compileConfiguration({ ...file, pins }, 1).integrations.get('int_one')?.operations.post;
    const context = compileConnector(read(aManifest())).context({
      lead: { zip: '10001', first_name: 'Ada', ref: 'r1' },
    });
    const request = await operation?.render({ ...context, config: { account: '7' }, secrets: { token: 't' } });
    assert.deepEqual(JSON.parse(request?.body ?? ''), { zip: 10001, ref: 'r1' });
    assert.equal(request?.headers['authorization'], 'Bearer t');
    assert.equal(request?.url, 'https://api.acme.example/7');
  });

  it('replaces the body when it names one of another kind', async () => {
    const connectors = catalogOf(aManifest());
    const file = fileWith({ post: { request: { form: { z: 'lead.zip' } } } });
    const pins = pinConnectors(file, () => true, undefined, connectors);
    const operation = compileConfiguration({ ...file, pins }, 1).integrations.get('int_one')?.operations.post;
    const context = compileConnector(read(aManifest())).context({ lead: { zip: '10001' } });
    assert.equal((await operation?.render({ ...context, config: { account: '7' } }))?.body, 'z=10001');
  });

  it('keeps its version until it is changed itself', () => {
    const newer = aManifest({ version: '1.10.0', title: 'Newer' });
    const file = fileWith({});
    const first = pinConnectors(file, () => true, undefined, catalogOf(aManifest()));
    const both = catalogOf(aManifest(), aManifest({ version: '1.9.0' }), newer);
    assert.deepEqual(
      pinConnectors(file, () => false, first, both),
      first,
    );
    const changed = pinConnectors(file, () => true, first, both);
    assert.deepEqual(changed?.integrations, { int_one: 'acme@1.10.0' });
  });
});

describe('a connector', () => {
  const issues = (changes: Record<string, unknown>) =>
    catalogOf(aManifest(changes))
      .issues('acme')
      .map(({ path, code }) => `${path} ${code}`);

  it('is refused for an address outside its hosts', () => {
    const post = { request: { url: 'https://api.other.example/' }, response: { accepted: 'true' } };
    assert.deepEqual(issues({ operations: { post } }), ['operations.post.request.url host_not_allowed']);
  });

  it('is refused for a secret or a function that is not there', () => {
    const by = (token: string) => issues({ authentication: { kind: 'bearer', token } });
    assert.deepEqual(by('{{secrets.nothing}}'), ['authentication.token unknown_secret']);
    assert.deepEqual(by('{{shout secrets.token}}'), ['authentication.token unknown_helper']);
    assert.deepEqual(by('{{lead.zip}}'), ['authentication.token unknown_root']);
  });

  it('is refused when it is written for another contract', () => {
    for (const sdk of ['^2.0.0', '^1.1.0', '~1.0.1', '1.0.1'])
      assert.deepEqual(issues({ sdk }), ['sdk unsupported_sdk'], sdk);
    for (const sdk of ['^1.0.0', '~1.0.0', '1.0.0']) assert.deepEqual(issues({ sdk }), [], sdk);
  });

  it('is refused for hosts that are no hosts', () => {
    for (const host of ['*', '*.*', 'https://acme.example', 'acme.example/path', '']) {
      assert.ok(
        issues({ hosts: [host] }).some((issue) => issue.startsWith('hosts[0]')),
        host,
      );
    }
  });

  it('that is an alias has what the other one has, but for what it says itself', () => {
    const alias = {
      id: 'acme-west',
      title: 'Acme West',
      description: 'The same in the west.',
      category: 'Buyer',
      version: '2.0.0',
      sdk: '^1.0.0',
      extends: 'acme',
      config: { properties: { size: null } },
      operations: { post: { request: { url: 'https://west.acme.example/{{config.account}}', json: { name: null } } } },
    };
    const catalog = catalogOf(aManifest(), alias);
    const connector = catalog.find('acme-west');
    assert.deepEqual(catalog.issues('acme-west'), []);
    assert.deepEqual(Object.keys(connector?.config.properties ?? {}), ['account', 'token']);
    assert.deepEqual(connector?.operations.post?.request, {
      url: 'https://west.acme.example/{{config.account}}',
      json: { zip: 'lead.zip' },
    });
    assert.deepEqual(connector?.hosts, ['*.acme.example']);
  });

  it('that is an alias of itself, or of nobody, is none', () => {
    for (const other of ['acme', 'nobody']) {
      const {
        hosts: _,
        config: __,
        operations: ___,
        authentication: ____,
        ...identity
      } = aManifest({ extends: other });
      assert.equal(catalogOf(identity).find('acme'), undefined);
    }
  });

  it('never calls another host, whatever a lead holds', async () => {
    const post = { request: { url: '{{lead.page}}' }, response: { accepted: 'true' } };
    const run = compileConnector(read(aManifest({ operations: { post } })), { secrets: { token: 't' } });
    const refused = [
      'https://evil.example/',
      'https://a.acme.example.evil.example',
      'https://x@evil.example/.acme.example',
    ];
    const more = [
      'http://acme.example/',
      'https://a.b.acme.example/',
      'https://a.acme.example:8443/',
      'https://evil.example#.acme.example',
    ];
    for (const page of [...refused, ...more]) {
      const rendering = run.operation('post')?.render(run.context({ lead: { page } }));
      await assert.rejects(rendering ?? Promise.resolve(), { code: 'host_not_allowed' }, page);
    }
    const request = await run.operation('post')?.render(run.context({ lead: { page: 'https://a.acme.example/x' } }));
    assert.equal(request?.url, 'https://a.acme.example/x');
  });
});

describe('authentication', () => {
  const render = async (authentication: Record<string, unknown>) => {
    const run = compileConnector(read(aManifest({ authentication })), {
      config: { account: '7' },
      secrets: { token: 's3cret&', access_token: 'given' },
    });
    const request = await run.operation('post')?.render(run.context({ lead: { zip: '10001' } }));
    assert.ok(request);
    return request;
  };

  it('puts an API key into a header or the address', async () => {
    const header = await render({ kind: 'api_key', in: 'header', name: 'X-Api-Key', value: '{{secrets.token}}' });
    assert.equal(header.headers['x-api-key'], 's3cret&');
    const query = await render({ kind: 'api_key', in: 'query', name: 'key', value: '{{secrets.token}}' });
    assert.equal(query.url, 'https://api.acme.example/7?key=s3cret%26');
  });

  it('writes basic and bearer credentials', async () => {
    const basic = await render({ kind: 'basic', username: '{{config.account}}', password: '{{secrets.token}}' });
    assert.equal(basic.headers['authorization'], `Basic ${Buffer.from('7:s3cret&').toString('base64')}`);
    const bearer = await render({ kind: 'bearer', token: '{{secrets.token}}' });
    assert.equal(bearer.headers['authorization'], 'Bearer s3cret&');
  });

  it('uses the access token of OAuth 2.0', async () => {
    const client = {
      tokenUrl: 'https://a.acme.example/token',
      clientId: '{{config.account}}',
      clientSecret: '{{secrets.token}}',
    };
    const request = await render({ kind: 'oauth2_client_credentials', ...client });
    assert.equal(request.headers['authorization'], 'Bearer given');
  });

  it('says how the token of an integration is got', () => {
    const authentication = {
      kind: 'oauth2_refresh_token',
      tokenUrl: 'https://login.acme.example/{{config.account}}/token',
      clientId: 'leadwire',
      clientSecret: '{{secrets.token}}',
      refreshToken: '{{secrets.token}}-2',
      scope: 'leads.write',
      clientIn: 'header',
    };
    const file = fileWith({
      connector: 'custom',
      authentication,
      post: { request: { url: 'https://a.example' }, response: {} },
    });
    const integration = compileConfiguration(file, 1).integrations.get('int_one');
    assert.deepEqual(integration?.grant?.({ config: { account: '7' }, secrets: { token: 't' } }), {
      owner: 'int_one',
      tokenUrl: 'https://login.acme.example/7/token',
      clientId: 'leadwire',
      clientSecret: 't',
      refreshToken: 't-2',
      scope: 'leads.write',
      clientIn: 'header',
    });
  });

  it('signs with HMAC what is sent', async () => {
    const request = await render({
      kind: 'hmac',
      secret: '{{secrets.token}}',
      content: '{{timestamp}}.{{method}} {{path}}.{{body}}',
      header: 'X-Signature',
      prefix: 'sha256=',
      timestampHeader: 'X-Timestamp',
    });
    const signed = `1768478400.POST /7.${request.body ?? ''}`;
    const expected = createHmac('sha256', 's3cret&').update(signed).digest('hex');
    assert.equal(request.headers['x-signature'], `sha256=${expected}`);
    assert.equal(request.headers['x-timestamp'], '1768478400');
  });
});

describe('the catalog', () => {
  it('reads no connector but those that are asked for, however many there are', () => {
    const [some] = builtInConnectors().list();
    const read: string[] = [];
    const many = Array.from({ length: 500 }, (_, at): ConnectorSource => {
      const name = `connector-${at}`;
      return {
        name,
        version: '1.0.0',
        get manifest() {
          read.push(name);
          return some?.manifest;
        },
      };
    });
    const catalog = createConnectorCatalog(many);
    assert.ok(catalog.find('connector-499'));
    assert.ok(catalog.find('connector-499'));
    assert.deepEqual(read, ['connector-499']);
  });
});
