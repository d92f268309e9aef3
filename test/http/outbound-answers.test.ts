import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { createOutbound, type Outbound, type OutboundRequest, type OutboundResult } from '../../http/outbound.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

describe('outbound answers', function () {
  this.timeout(10_000);
  let outbound: Outbound;
  let server: RawServer;
  let answer: (socket: Socket) => void;

  before(async () => {
    outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'] });
    server = await startRawServer((socket) => answer(socket));
  });
  after(async () => {
    await outbound.close();
    await server.close();
  });

  const get = (change: Partial<OutboundRequest> = {}): Promise<OutboundResult> =>
    outbound.send({ method: 'GET', url: server.url, headers: {}, timeoutMs: 2_000, ...change });
  const answering = (...parts: (string | Buffer)[]): void => {
    answer = (socket) => {
      for (const part of parts) socket.write(part);
    };
  };
  const closingAfter = (text: string): void => {
    answer = (socket) => socket.end(text);
  };
  const resettingAfter = (text: string, delayMs: number): void => {
    answer = (socket) => {
      socket.write(text);
      setTimeout(() => socket.resetAndDestroy(), delayMs);
    };
  };
  const coded = (coding: string, body: Buffer): void =>
    answering(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`, body);

  const body = (result: OutboundResult): string => {
    assert.equal(result.kind, 'response', JSON.stringify(result.exchange()));
    return result.kind === 'response' ? result.body.toString() : '';
  };
  const assertAmbiguous = (result: OutboundResult, code: string): void => {
    assert.deepEqual(
      [result.kind, 'code' in result && result.code],
      ['ambiguous', code],
      JSON.stringify(result.exchange()),
    );
    assert.equal(result.exchange().code, code);
  };

  it('gives status, headers and body, and sends what was asked', async () => {
    answering('HTTP/1.1 201 Created\r\nX-Ref: a\r\nx-ref: b\r\ncontent-length: 2\r\n\r\nhi');
    const result = await get({ url: `${server.url}ping?zip=94105#top`, headers: { 'X-Note': 'é' } });
    assert.equal(body(result), 'hi');
    assert.ok(result.kind === 'response');
    assert.equal(result.status, 201);
    assert.equal(result.headers['x-ref'], 'a, b');
    assert.equal(
      server.connections.at(-1)?.received,
      `GET /ping?zip=94105 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive\r\n` +
        'x-note: é\r\naccept-encoding: identity\r\nuser-agent: Leadwire\r\n\r\n',
    );
    const exchange = result.exchange();
    assert.equal(exchange.responseBody, 'hi');
    assert.equal(exchange.requestHeaders['accept-encoding'], 'identity');
    assert.ok(exchange.startedAt instanceof Date);
  });

  it('follows no redirect', async () => {
    answering(`HTTP/1.1 302 Found\r\nlocation: ${server.url}other\r\ncontent-length: 0\r\n\r\n`);
    const result = await get();
    assert.equal(result.kind === 'response' && result.status, 302);
  });

  it('joins a chunked body that comes in many pieces', async () => {
    const chunks = Array.from({ length: 500 }, (_, n) => `${(n % 7) + 1}\r\n${'abcdefg'.slice(0, (n % 7) + 1)}\r\n`);
    answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', ...chunks, '0\r\n\r\n');
    assert.equal(body(await get()), chunks.map((chunk) => chunk.split('\r\n')[1]).join(''));
  });

  it('passes over early hints', async () => {
    answering('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    assert.equal(body(await get()), 'ok');
  });

  it('takes a body that ends with its connection', async () => {
    closingAfter('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it');
    assert.equal(body(await get()), 'all of it');
  });

  const codings: Record<string, (text: Buffer) => Buffer> = {
    gzip: gzipSync,
    GZIP: gzipSync,
    br: brotliCompressSync,
    deflate: deflateSync,
    'deflate ': deflateRawSync,
  };
  for (const [coding, encode] of Object.entries(codings)) {
    it(`decodes ${JSON.stringify(coding)} that was not asked for`, async () => {
      coded(coding, encode(Buffer.from('accepted')));
      assert.equal(body(await get()), 'accepted');
    });
  }

  for (const [coding, encode] of Object.entries({ gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync })) {
    it(`too_large: a ${coding} bomb`, async () => {
      coded(coding, encode(Buffer.alloc(4_000_000)));
      assertAmbiguous(await get(), 'too_large');
    });
  }

  it('decompression_failed: broken, cut, unknown or repeated coding', async () => {
    coded('gzip', Buffer.from('not gzip at all'));
    assertAmbiguous(await get(), 'decompression_failed');
    coded('gzip', gzipSync('accepted').subarray(0, 15));
    assertAmbiguous(await get(), 'decompression_failed');
    coded('zstd', Buffer.from('x'));
    assertAmbiguous(await get(), 'decompression_failed');
    coded('gzip, gzip', gzipSync(gzipSync('accepted')));
    assertAmbiguous(await get(), 'decompression_failed');
  });

  it('too_large: 10 MB announced, chunked, or closed at the end; the record keeps the beginning', async () => {
    const megabytes = Buffer.alloc(10_000_000, 'x');
    answering(`HTTP/1.1 200 OK\r\ncontent-length: ${megabytes.length}\r\n\r\n`);
    assertAmbiguous(await get(), 'too_large');
    answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n989680\r\n', megabytes, '\r\n0\r\n\r\n');
    const result = await get();
    assertAmbiguous(result, 'too_large');
    assert.match(result.exchange().responseBody ?? '', /^x{8192}…/);
    assert.equal(result.exchange().status, 200);
    answering('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', megabytes);
    assertAmbiguous(await get(), 'too_large');
  });

  it('takes a body of exactly the limit and none above it, also in one packet that closes', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345');
    assert.equal(body(await get({ maxResponseBytes: 5 })), '12345');
    closingAfter('HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n');
    assertAmbiguous(await get({ maxResponseBytes: 5 }), 'too_large');
  });

  it('too_large: more than 16 KiB of headers', async () => {
    answering(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(17_000)}\r\ncontent-length: 0\r\n\r\n`);
    assertAmbiguous(await get(), 'too_large');
  });

  it('truncated: the connection ends before the body does', async () => {
    closingAfter('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    assertAmbiguous(await get(), 'truncated');
    closingAfter('HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhalf');
    assertAmbiguous(await get(), 'truncated');
    closingAfter('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n64\r\nhalf');
    assertAmbiguous(await get(), 'truncated');
    closingAfter('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    assertAmbiguous(await get(), 'truncated');
  });

  it('reset: before the headers', async () => {
    answer = (socket) => socket.resetAndDestroy();
    assertAmbiguous(await get(), 'reset');
    closingAfter('');
    assertAmbiguous(await get(), 'reset');
  });

  for (const framing of ['content-length: 100', 'connection: close']) {
    it(`reset: in the middle of a body with ${framing}`, async () => {
      // Node takes a reset for an ordinary end when it reads it together with the last bytes: give it time between.
      let result: OutboundResult | undefined;
      for (const delayMs of [10, 50, 250, 1_000]) {
        resettingAfter(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\nhalf`, delayMs);
        result = await get();
        if ('code' in result && result.code === 'reset') break;
      }
      assert.ok(result !== undefined);
      assertAmbiguous(result, 'reset');
      assert.equal(result.exchange().responseBody, 'half');
    });
  }

  it('bad_response: what is not HTTP, an upgrade, a stray 100', async () => {
    answering('SSH-2.0-OpenSSH_9.6\r\n');
    assertAmbiguous(await get(), 'bad_response');
    answering('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n');
    assertAmbiguous(await get(), 'bad_response');
    answering('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
    assertAmbiguous(await get(), 'bad_response');
    answering('HTTP/1.1 100 Continue\r\n\r\n');
    assertAmbiguous(await get(), 'bad_response');
  });

  it('timeout: no answer', async () => {
    answer = () => undefined;
    const result = await get({ timeoutMs: 60 });
    assertAmbiguous(result, 'timeout');
    assert.ok(result.durationMs >= 59 && result.durationMs < 1_000, `${result.durationMs}`);
  });

  it('timeout: an answer that drips, in headers or body, does not move the deadline', async () => {
    for (const head of ['HTTP/1.1 200 OK\r\nx-slow: ', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n']) {
      answer = (socket) => {
        socket.write(head);
        const drip = setInterval(() => socket.write('x'), 5);
        socket.on('close', () => clearInterval(drip));
      };
      const result = await get({ timeoutMs: 100 });
      assertAmbiguous(result, 'timeout');
      assert.ok(result.durationMs < 1_000);
    }
  });
});
