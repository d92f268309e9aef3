import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import {
  createOutbound,
  type OutboundOptions,
  type OutboundRequest,
  type OutboundResult,
} from '../../http/outbound.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const loopback = { address: '127.0.0.1', family: 4 };
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('outbound refusals: not one byte is sent', function () {
  this.timeout(10_000);
  let server: RawServer;
  before(async () => {
    server = await startRawServer((socket) => socket.write(OK));
  });
  after(() => server.close());

  async function send(
    change: Partial<OutboundRequest>,
    options: Partial<OutboundOptions> = {},
  ): Promise<OutboundResult> {
    const outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'], ...options });
    try {
      return await outbound.send({ method: 'POST', url: server.url, headers: {}, timeoutMs: 2_000, ...change });
    } finally {
      await outbound.close();
    }
  }
  async function assertNotSent(code: string, result: Promise<OutboundResult>): Promise<void> {
    const sent = server.connections.map((connection) => connection.received).join('');
    const outcome = await result;
    assert.deepEqual([outcome.kind, 'code' in outcome && outcome.code], ['not_sent', code]);
    assert.equal(outcome.exchange().code, code);
    assert.equal(server.connections.map((connection) => connection.received).join(''), sent);
  }

  it('invalid_url', async () => {
    for (const url of ['nowhere', 'ftp://buyer.example/', 'http://me:pw@buyer.example/']) {
      await assertNotSent('invalid_url', send({ url }));
    }
  });

  const badHeaders: Record<string, string>[] = [
    { 'x-a': 'b\r\nx-c: d' },
    { 'x-a': 'b\nc' },
    { 'x-a\r\nx-b': 'c' },
    { 'x a': 'b' },
    { '': 'b' },
    { 'x-a': '\u2014' },
    { 'x-a': '1', 'X-A': '2' },
    { Host: 'other.example' },
    { 'Content-Length': '1' },
    { 'transfer-encoding': 'chunked' },
    { connection: 'close' },
    { upgrade: 'h2c' },
    { expect: '100-continue' },
  ];
  for (const headers of badHeaders) {
    it(`invalid_header: ${JSON.stringify(headers)}`, () => assertNotSent('invalid_header', send({ headers })));
  }

  it('address_refused: private literals in every spelling', async () => {
    const hosts = ['127.0.0.1', '10.1.2.3', '[::ffff:127.0.0.1]', '[::1]', '0x7f000001', '2130706433', '017700000001'];
    for (const host of hosts) {
      const url = `http://${host}:${server.port}/`;
      await assertNotSent('address_refused', send({ url }, { allowNetworks: [] }));
    }
  });

  it('address_refused: localhost, by the system resolver', () =>
    assertNotSent('address_refused', send({ url: `http://localhost:${server.port}/` }, { allowNetworks: [] })));

  it('address_refused: a name with one public and one private address', () => {
    const lookup = async () => [{ address: '8.8.8.8', family: 4 }, loopback];
    return assertNotSent('address_refused', send({ url: 'http://buyer.example/' }, { allowNetworks: [], lookup }));
  });

  it('connects to the address that was vetted, with one lookup for one connection', async () => {
    const asked: string[] = [];
    const lookup = async (hostname: string) => {
      asked.push(hostname);
      return asked.length === 1 ? [loopback] : [{ address: '10.0.0.1', family: 4 }];
    };
    const result = await send({ url: `http://buyer.example:${server.port}/` }, { lookup });
    assert.equal(result.kind, 'response');
    assert.deepEqual(asked, ['buyer.example']);
    assert.match(server.connections.at(-1)?.received ?? '', /host: buyer\.example:/);
  });

  it('dns_failed: an error, no address, a rejection that is no error', async () => {
    const url = 'http://buyer.example/';
    const lookups: OutboundOptions['lookup'][] = [
      async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
      async () => [],
      () => {
        throw new Error('thrown at once');
      },
    ];
    for (const lookup of lookups) await assertNotSent('dns_failed', send({ url }, { lookup }));
    assert.equal((await send({ url }, { lookup: lookups[0] })).exchange().detail, 'ENOTFOUND');
  });

  it('connect_timeout: a lookup that never ends, asked once for all who wait', async () => {
    let asked = 0;
    const lookup: OutboundOptions['lookup'] = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const outbound = createOutbound({ allowNetworks: [], lookup });
    const ask = () => outbound.send({ method: 'GET', url: 'http://buyer.example/', headers: {}, timeoutMs: 50 });
    const results = await Promise.all([ask(), ask(), ask()]);
    for (const result of results) assert.equal('code' in result && result.code, 'connect_timeout');
    assert.equal(asked, 1);
    await outbound.close();
  });

  it('connect_timeout: a TLS handshake that never answers', async () => {
    const silent = await startRawServer(() => undefined);
    await assertNotSent('connect_timeout', send({ url: `https://127.0.0.1:${silent.port}/`, timeoutMs: 60 }));
    await silent.close();
  });

  it('connect_failed: nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const result = send({ url: `http://127.0.0.1:${port}/` });
    await assertNotSent('connect_failed', result);
    assert.equal((await result).exchange().detail, 'ECONNREFUSED');
    await assertNotSent('connect_failed', send({ url: `https://127.0.0.1:${port}/` }));
    const lookup = async () => [loopback, { address: '127.0.0.2', family: 4 }];
    await assertNotSent('connect_failed', send({ url: `http://buyer.example:${port}/` }, { lookup }));
  });

  it('tls_failed: no TLS there, a reset in the handshake', async () => {
    const plain = await startRawServer(() => undefined);
    const answerOn = (act: (socket: RawServer['connections'][number]['socket']) => void): NodeJS.Timeout =>
      setInterval(() => plain.connections.forEach(({ socket }) => !socket.destroyed && act(socket)), 5);
    for (const act of [
      (socket: { write(text: string): unknown }) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      (socket: { resetAndDestroy(): unknown }) => socket.resetAndDestroy(),
    ]) {
      const timer = answerOn(act);
      await assertNotSent('tls_failed', send({ url: `https://127.0.0.1:${plain.port}/` }));
      clearInterval(timer);
    }
    await plain.close();
  });

  it('tls_failed: a certificate that nobody trusts or that names another host; a right one passes', async () => {
    const ca = fixture('buyer-cert.pem');
    let served = 0;
    const secure = createTlsServer({ key: fixture('buyer-key.pem'), cert: ca }, (_request, response) => {
      served += 1;
      response.end('ok');
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    const lookup = async () => [loopback];
    const named = `https://buyer.example:${port}/`;
    await assertNotSent('tls_failed', send({ url: named }, { lookup }));
    const result = send({ url: `https://other.example:${port}/` }, { lookup, ca });
    await assertNotSent('tls_failed', result);
    assert.equal((await result).exchange().detail, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal(served, 0);
    assert.equal((await send({ url: named }, { lookup, ca })).kind, 'response');
    secure.close();
  });

  it('pool_closed: after close, which waits for what is under way', async () => {
    const outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'] });
    const request = { method: 'GET', url: server.url, headers: {}, timeoutMs: 2_000 } as const;
    const underWay = outbound.send(request);
    const closed = outbound.close();
    await assertNotSent('pool_closed', outbound.send(request));
    assert.equal((await underWay).kind, 'response');
    await closed;
    await outbound.close();
  });
});
