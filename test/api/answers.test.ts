import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import Koa from 'koa';
import mongoose from 'mongoose';
import { createLogger } from '../../log/logger.ts';
import type { ApiDocument, DocumentedOperation } from '../../server/api/openapi.ts';
import { listen, urlOf } from '../../server/listen.ts';
import { answerErrors } from '../../server/middleware/errors.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { noteAnswer } from './answers-seen.ts';
import { beginRequest } from './raw-request.ts';

interface Entry {
  name: string;
  method: string;
  /** With `cmp_test` or a made-up value for each parameter. */
  path: string;
  operation: DocumentedOperation;
}

/** What an operation refuses before its handler is asked: each one, in each way that its description implies. */
/** It asks every operation a dozen times, most of them with something wrong. */
const UNLIMITED = {
  LEADWIRE_RATE_PER_SECOND: '10000',
  LEADWIRE_RATE_PER_MINUTE: '100000',
  LEADWIRE_ADDRESS_RATE_PER_MINUTE: '100000',
  LEADWIRE_REFUSED_RATE_PER_MINUTE: '100000',
};

describe('what every operation refuses', () => {
  let deployment: Deployment;
  let url: string;
  let entries: Entry[];
  let buyerKey: string;
  let operatorKey: string;
  const json = { 'content-type': 'application/json' };
  const unknownKey = `lw_live_${'0'.repeat(40)}`;
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'], settings: UNLIMITED });
    url = (await deployment.start()).url;
    const buyer = { kind: 'buyer', buyer: 'buy_alpha', mode: 'live', by: 'test' } as const;
    buyerKey = (await deployment.keys.api.create(buyer)).key;
    operatorKey = (await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' })).key;
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument;
    entries = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method} ${path}`,
        method,
        path: path.replace(/\{\w+\}/g, 'cmp_test'),
        operation,
      })),
    );
  });
  after(() => deployment.stop());

  const documents = (operation: DocumentedOperation, status: number, code: string) =>
    code in (operation.responses[status]?.content?.['application/json']?.examples ?? {});

  /** Asks each operation that documents a code; every one has to answer with it. */
  async function everyOne(
    status: number,
    code: string,
    init: RequestInit | ((entry: Entry) => RequestInit),
    change: (path: string, operation: DocumentedOperation) => string = (path) => path,
    among: (entry: Entry) => boolean = () => true,
  ): Promise<void> {
    const asked = entries.filter((entry) => documents(entry.operation, status, code) && among(entry));
    assert.ok(asked.length > 0, `nothing documents ${code}`);
    for (const entry of asked) {
      const { name, method, path, operation } = entry;
      const request = typeof init === 'function' ? init(entry) : init;
      const answer = await fetch(url + change(path, operation), {
        redirect: 'manual',
        ...request,
        method: method.toUpperCase(),
      });
      const body = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([name, answer.status, body['code']], [name, status, code]);
    }
  }
  const kinds = ({ operation }: Entry) => /Takes (.*) keys/.exec(operation.description ?? '')?.[1] ?? 'seller';
  /** With a key of a kind that the operation takes. */
  const keyed = (entry: Entry, headers: Record<string, string> = {}) => ({
    'x-api-key': kinds(entry).includes('seller')
      ? deployment.keys.live
      : kinds(entry).includes('buyer')
        ? buyerKey
        : operatorKey,
    ...headers,
  });
  const takesKeys = ({ operation }: Entry) => operation.security.length > 0;
  const needsKey = ({ operation: { security } }: Entry) =>
    security.length > 0 && security.every((way) => Object.keys(way).length > 0);
  /** With an empty lead, where the operation wants one. */
  const bodied = (headers: Record<string, string>) => (entry: Entry) =>
    entry.operation.requestBody ? { headers: { ...json, ...headers }, body: '{}' } : { headers };

  it('no key', () => everyOne(401, 'missing_key', bodied({}), undefined, needsKey));
  it('an unknown key', () => everyOne(401, 'unknown_key', bodied({ 'x-api-key': unknownKey }), undefined, takesKeys));
  it('two keys', () =>
    everyOne(
      400,
      'conflicting_keys',
      (entry) => bodied(keyed(entry, { authorization: `Bearer ${unknownKey}` }))(entry),
      undefined,
      takesKeys,
    ));
  it('a key of another kind', async () => {
    const page = { ...deployment.keys.order, kind: 'browser', origins: ['https://a.example'] } as const;
    const pageKey = (await deployment.keys.api.create(page)).key;
    await everyOne(
      403,
      'key_not_allowed',
      (entry) => ({ headers: { 'x-api-key': kinds(entry).includes('buyer') ? pageKey : buyerKey } }),
      undefined,
      (entry) => takesKeys(entry) && !/buyer.*browser|browser.*buyer/.test(kinds(entry)),
    );
  });

  it('no JSON', () =>
    everyOne(400, 'invalid_json', (entry) => ({ headers: keyed(entry, json), body: '{' }), undefined));
  it('JSON that is no object', () =>
    everyOne(400, 'invalid_body', (entry) => ({ headers: keyed(entry, json), body: '[]' }), undefined, readsJson));
  it('a body that is no UTF-8', () =>
    everyOne(
      400,
      'invalid_encoding',
      (entry) => ({ headers: keyed(entry, json), body: Buffer.from([0x22, 0xff]) }),
      undefined,
      readsJson,
    ));
  it('an unknown content type', () =>
    everyOne(
      415,
      'unsupported_content_type',
      (entry) => ({ headers: keyed(entry, { 'content-type': 'image/png' }), body: 'x' }),
      undefined,
      readsJson,
    ));
  it('a compressed body', () =>
    everyOne(415, 'unsupported_content_type', (entry) => ({
      headers: keyed(entry, { ...json, 'content-encoding': 'gzip' }),
      body: 'x',
    })));
  it('a body of more than 1 MB', () =>
    everyOne(
      413,
      'body_too_large',
      (entry) => ({ headers: keyed(entry, json), body: Buffer.alloc(1024 * 1024 + 1, ' ') }),
      undefined,
      readsJson,
    ));
  function readsJson({ operation }: Entry): boolean {
    return documents(operation, 400, 'invalid_json');
  }

  it('an address that is no UTF-8', () =>
    everyOne(
      400,
      'invalid_encoding',
      (entry) => ({ headers: keyed(entry) }),
      (path) => `${path}?a=%ff`,
    ));
  it('a parameter twice', () =>
    everyOne(
      400,
      'invalid_parameters',
      (entry) => ({ headers: keyed(entry) }),
      (path, { parameters = [] }) => {
        const name = parameters.find((one) => one.in === 'query')?.name ?? '';
        return `${path}?${name}=a&${name}=b`;
      },
    ));

  it('an address that does not exist, and a method that is not taken', async () => {
    const nowhere = await deployment.get('/api/nothing');
    assert.deepEqual([nowhere.status, nowhere.body['code']], [404, 'not_found']);
    for (const entry of entries) {
      const { name, path } = entry;
      const answer = await fetch(url + path, { method: 'PATCH', headers: keyed(entry) });
      const { code } = (await answer.json()) as { code: string };
      assert.deepEqual([name, answer.status, code], [name, 405, 'method_not_allowed']);
      assert.match(answer.headers.get('allow') ?? '', /GET|POST|PUT/);
    }
  });

  it('too many at once', async () => {
    const other = await createDeployment({ buyers: ['alpha'] });
    const { url: busy } = await other.start({ maxInFlight: 1 });
    other.buyers.setBehaviour('alpha', { ping: { mode: 'hang' } });
    const headers = { 'x-api-key': other.keys.live };
    const held = send(`${busy}/api/lead/cmp_test`, aLead(), headers);
    await eventually(async () => (await other.models.leads.countDocuments()) > 0);
    for (const [path, body] of [
      ['lead', aLead()],
      ['ping', aLead()],
      ['post', { ping_id: 'png_0', ...aLead() }],
    ] as const) {
      const shed = await send(`${busy}/api/${path}/cmp_test`, body, headers);
      assert.deepEqual([path, shed.status, shed.body['code']], [path, 503, 'overloaded']);
      assert.ok(Number(shed.headers.get('retry-after')) >= 1);
    }
    await held;
    await other.stop();
  });

  it('everything new, once the node is told to stop', async () => {
    const other = await createDeployment({ buyers: ['alpha'] });
    const node = await other.start();
    other.buyers.setBehaviour('alpha', { ping: { mode: 'hang' } });
    const held = send(`${node.url}/api/lead/cmp_test`, aLead(), { 'x-api-key': other.keys.live });
    await eventually(async () => (await other.models.leads.countDocuments()) > 0);
    // Connections from before, in the middle of a request: new ones are not taken any more.
    const key = `host: a\r\nx-api-key: ${other.keys.live}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n`;
    const asked = [
      beginRequest(node.url, 'GET /readyz HTTP/1.1\r\nhost: a\r\n', '\r\n'),
      ...['lead', 'ping', 'post'].map((path) =>
        beginRequest(node.url, `POST /api/${path}/cmp_test HTTP/1.1\r\n${key}`, '\r\n{}'),
      ),
    ];
    await Promise.all(asked.map(({ begun }) => begun));
    const stopping = other.stop();
    const answers = await Promise.all(asked.map(({ finish }) => finish()));
    assert.deepEqual(
      answers.map(({ answers: [, answer] }) => [answer?.status, (answer?.body as { code?: string }).code]),
      [
        [503, undefined],
        [503, 'shutting_down'],
        [503, 'shutting_down'],
        [503, 'shutting_down'],
      ],
    );
    assert.equal((await held).status, 200);
    await stopping;
  });

  it('everything that needs a configuration, before there is one', async () => {
    const empty = await createDeployment({ buyers: ['alpha'] });
    const { db } = empty.models.leads;
    await Promise.all(['config_head', 'config_snapshots'].map((name) => db.collection(name).deleteMany({})));
    await empty.start();
    const { status, body } = await empty.get('/api/report');
    assert.deepEqual([status, body['code']], [503, 'no_configuration']);
    await empty.stop();
  });
});

describe('what fails inside', () => {
  const log = createLogger('silent', 'test');
  let server: Server;
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** The answer to a request whose handler throws. */
  async function answerTo(fail: () => Promise<never>): Promise<{ status: number; body: Record<string, unknown> }> {
    const app = new Koa().use(answerErrors(log)).use(fail);
    server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
    const answer = await fetch(urlOf(server, '127.0.0.1'));
    const body = (await answer.json()) as Record<string, unknown>;
    noteAnswer('any', answer.status, String(body['code']));
    assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    return { status: answer.status, body };
  }

  it('is 503 unavailable when MongoDB cannot be reached', async () => {
    const { status, body } = await answerTo(async () => {
      // Port 9 of this machine: nobody listens there.
      const client = new mongoose.mongo.MongoClient('mongodb://127.0.0.1:9', { serverSelectionTimeoutMS: 100 });
      await client
        .db()
        .command({ ping: 1 })
        .finally(() => client.close());
      throw new Error('somebody answered');
    });
    assert.deepEqual([status, body['code']], [503, 'unavailable']);
  });

  it('is 500 internal otherwise, without a word of what it was', async () => {
    const { status, body } = await answerTo(async () => {
      throw new TypeError('a secret');
    });
    assert.deepEqual([status, body['code']], [500, 'internal']);
    assert.ok(!JSON.stringify(body).includes('secret'));
  });
});
