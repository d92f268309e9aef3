import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { noteAnswer } from './answers-seen.ts';
import { sendRaw, type RawAnswer, type RawOptions } from './raw-request.ts';

const CRLF = '\r\n';
const JSON_TYPE = 'content-type: application/json';

describe('bytes on a connection', () => {
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment({ settings: { LEADWIRE_RATE_PER_SECOND: '10000' } });
    url = (await deployment.start({}, { headersMs: 800, requestMs: 1_500, checkMs: 100 })).url;
  });
  after(() => deployment.stop());

  /** A request of these lines; the body behind an empty one. */
  const raw = (lines: string[], body: string | Buffer = '', options: RawOptions = {}): Promise<RawAnswer> =>
    sendRaw(url, Buffer.concat([Buffer.from([...lines, '', ''].join(CRLF), 'latin1'), Buffer.from(body)]), options);
  const lead = (...headers: string[]) => [
    'POST /api/lead/cmp_test HTTP/1.1',
    'host: leads.example',
    `x-api-key: ${deployment.keys.live}`,
    ...headers,
  ];
  const only = ({ answers }: RawAnswer) => {
    assert.equal(answers.length, 1);
    return answers[0]!;
  };

  /** Answered once, in our shape, with the connection ended; no lead was made of it. */
  async function refused(answer: Promise<RawAnswer>, status: number, code: string): Promise<void> {
    const leads = await deployment.models.leads.countDocuments();
    const got = only(await answer);
    const { type, status: said, code: coded, message } = got.body as Record<string, unknown>;
    assert.deepEqual([got.status, type, said, coded, typeof message], [status, 'error', status, code, 'string']);
    noteAnswer('any', status, code);
    assert.match(got.headers, /^content-type: application\/json/im);
    assert.equal(await deployment.models.leads.countDocuments(), leads);
  }
  const close = 'connection: close';

  describe('slow senders', () => {
    it('of headers are ended', () =>
      refused(
        sendRaw(url, 'GET /healthz HTTP/1.1\r\nhost: a\r\n', { drip: { bytes: 'x-a: 1\r\n', everyMs: 100 } }),
        408,
        'request_timeout',
      ));
    it('of a body are ended', () =>
      refused(
        raw(lead(JSON_TYPE, 'content-length: 1000'), '{', { drip: { bytes: ' ', everyMs: 100 } }),
        408,
        'request_timeout',
      ));
    it('of a body in chunks are ended', () =>
      refused(
        raw(lead(JSON_TYPE, 'transfer-encoding: chunked'), '1\r\n{\r\n', {
          drip: { bytes: '1\r\n \r\n', everyMs: 100 },
        }),
        408,
        'request_timeout',
      ));
    it('do not keep others waiting', async () => {
      const slow = Array.from({ length: 50 }, () =>
        sendRaw(url, 'GET /healthz HTTP/1.1\r\nhost: a\r\n', { drip: { bytes: 'x-a: 1\r\n', everyMs: 100 } }),
      );
      assert.equal(only(await raw(['GET /healthz HTTP/1.1', 'host: a', close])).status, 200);
      for (const { answers, ended } of await Promise.all(slow)) {
        assert.deepEqual([answers.map(({ status }) => status), ended], [[408], true]);
      }
    });
  });

  describe('too much', () => {
    it('of a body by its length: 413 before it is read, and the end of the connection', () =>
      refused(raw(lead(JSON_TYPE, 'content-length: 99999999999')), 413, 'body_too_large'));
    it('of a body in chunks: 413 when it is over, and the end of the connection', () => {
      const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
      return refused(raw(lead(JSON_TYPE, 'transfer-encoding: chunked'), chunk.repeat(17)), 413, 'body_too_large');
    });
    it('of headers: 431', () =>
      refused(raw(['GET /healthz HTTP/1.1', 'host: a', `x-long: ${'x'.repeat(20_000)}`]), 431, 'headers_too_large'));
    it('of an address: 431', () =>
      refused(raw([`GET /healthz?${'x'.repeat(20_000)} HTTP/1.1`, 'host: a']), 431, 'headers_too_large'));
    it('of chunk extensions: 413', () =>
      refused(
        raw(lead(JSON_TYPE, 'transfer-encoding: chunked'), `1;${'x'.repeat(40_000)}\r\n{\r\n`),
        413,
        'body_too_large',
      ));
    it('behind a gzip: 415, not unpacked', () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      return refused(
        raw(lead(JSON_TYPE, 'content-encoding: gzip', `content-length: ${bomb.length}`, close), bomb),
        415,
        'unsupported_content_type',
      );
    });
    it('in a pipeline: each request is answered, in order', async () => {
      const one = 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n';
      const { answers } = await sendRaw(url, one.repeat(200), { answers: 200 });
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    });
    const endless = { bytes: `10000\r\n${' '.repeat(0x10000)}\r\n`, everyMs: 1 };
    it('without an end: cut off after 1 MB and what was on its way', async () => {
      const answer = await raw(lead(JSON_TYPE, 'transfer-encoding: chunked'), '', { drip: endless });
      assert.equal(only(answer).status, 413);
      assert.ok(answer.sent < 32 * 1024 * 1024, `took ${answer.sent} bytes`);
    });
    it('without an end and without a key: answered at once, cut off in time, and not answered twice', async () => {
      const head = ['POST /api/lead/cmp_test HTTP/1.1', 'host: a', JSON_TYPE, 'transfer-encoding: chunked'];
      const answer = await raw(head, '', { drip: { ...endless, everyMs: 50 } });
      assert.deepEqual([only(answer).status, answer.ended], [401, true]);
    });
  });

  describe('two requests in one', () => {
    const body = '{}';
    const length = `content-length: ${body.length}`;
    const twice: Record<string, string[]> = {
      'x-api-key': ['x-api-key: lw_live_0'],
      'idempotency-key': ['idempotency-key: a', 'idempotency-key: b'],
      'content-type': ['content-type: text/plain'],
      'content-encoding': ['content-encoding: identity', 'content-encoding: gzip'],
      authorization: ['authorization: Bearer a', 'authorization: Bearer b'],
      host: ['host: elsewhere.example'],
    };
    for (const [name, headers] of Object.entries(twice)) {
      it(`two ${name}: 400`, () => refused(raw(lead(JSON_TYPE, length, close, ...headers), body), 400, 'bad_request'));
    }
    it('two content-length: 400', () =>
      refused(raw(lead(JSON_TYPE, length, 'content-length: 3'), body), 400, 'bad_request'));
    it('content-length beside chunks: 400', () =>
      refused(raw(lead(JSON_TYPE, length, 'transfer-encoding: chunked'), '0\r\n\r\n'), 400, 'bad_request'));
    it('a second request behind an ambiguous one is not read', async () => {
      const smuggled = 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n';
      const text = lead(JSON_TYPE, 'content-length: 4', 'transfer-encoding: chunked').join(CRLF);
      await refused(sendRaw(url, `${text}\r\n\r\n0\r\n\r\n${smuggled}`), 400, 'bad_request');
    });
  });

  describe('what is no request', () => {
    const refusals: Record<string, [string[], number, string]> = {
      'no host': [['GET /healthz HTTP/1.1', close], 400, 'bad_request'],
      'a method nobody knows': [['FETCH /healthz HTTP/1.1', 'host: a'], 400, 'bad_request'],
      'a method that is not taken': [['DELETE /healthz HTTP/1.1', 'host: a', close], 405, 'method_not_allowed'],
      'a tunnel': [['CONNECT a.example:443 HTTP/1.1', 'host: a'], 405, 'method_not_allowed'],
      'a NUL in the address': [['GET /healthz\0 HTTP/1.1', 'host: a'], 400, 'bad_request'],
      'a NUL in a header': [['GET /healthz HTTP/1.1', 'host: a', 'x-a: \0'], 400, 'bad_request'],
      'bare bytes in the address': [['GET /healthz?a=\xff HTTP/1.1', 'host: a', close], 400, 'bad_request'],
      'invalid UTF-8 in the path': [['GET /api/lead/%ff HTTP/1.1', 'host: a', close], 400, 'invalid_encoding'],
      'invalid UTF-8 in the query': [['GET /healthz?a=%c3%28 HTTP/1.1', 'host: a', close], 400, 'invalid_encoding'],
      'a blank in the address': [['GET /a b HTTP/1.1', 'host: a'], 400, 'bad_request'],
      'a header without a name': [['GET /healthz HTTP/1.1', 'host: a', ': a'], 400, 'bad_request'],
      'another protocol': [['GET /healthz HTTP/9.9', 'host: a'], 400, 'bad_request'],
      'the start of TLS': [['\x16\x03\x01\x02\x00\x01\x00'], 400, 'bad_request'],
    };
    for (const [what, [lines, status, code]] of Object.entries(refusals)) {
      it(`${what}: ${status} ${code}`, () => refused(raw(lines), status, code));
    }
    it('invalid UTF-8 in a body: 400 invalid_encoding', () =>
      refused(
        raw(lead(JSON_TYPE, 'content-length: 3', close), Buffer.from([0x22, 0xff, 0x22])),
        400,
        'invalid_encoding',
      ));
    it('a chunk of no size: 400', () =>
      refused(raw(lead(JSON_TYPE, 'transfer-encoding: chunked'), 'zz\r\n{}\r\n0\r\n\r\n'), 400, 'bad_request'));
    it('a body that ends too soon makes no lead', async () => {
      const leads = await deployment.models.leads.countDocuments();
      const { hostname, port } = new URL(url);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.end(`${lead(JSON_TYPE, 'content-length: 50').join(CRLF)}\r\n\r\n{"zip":`),
        );
        socket.on('close', () => resolve());
        socket.on('error', () => undefined);
        socket.resume();
      });
      assert.equal(await deployment.models.leads.countDocuments(), leads);
    });
  });

  describe('unusual requests are answered', () => {
    const answered: Record<string, string[]> = {
      'HTTP/1.0 without a host': ['GET /healthz HTTP/1.0'],
      'a whole URL as the address': ['GET http://leads.example/healthz HTTP/1.1', 'host: leads.example', close],
      'a bare % in the query': ['GET /healthz?discount=100% HTTP/1.1', 'host: a', close],
      'an expectation nobody knows': ['GET /healthz HTTP/1.1', 'host: a', 'expect: wonders', close],
      'an upgrade nobody offers': ['GET /healthz HTTP/1.1', 'host: a', 'connection: upgrade, close', 'upgrade: h2c'],
    };
    for (const [what, lines] of Object.entries(answered)) {
      it(what, async () => assert.equal(only(await raw(lines)).status, 200));
    }
    it('a lead that waits for 100 Continue', async () => {
      const { text } = await raw(lead(JSON_TYPE, 'content-length: 2', 'expect: 100-continue', close), '{}');
      assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /);
    });
  });
});
