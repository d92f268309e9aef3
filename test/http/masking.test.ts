import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createExchangeRecorder, type RawExchange } from '../../http/exchange.ts';
import type { Exchange } from '../../http/outbound.ts';

const record = createExchangeRecorder();

function rawExchange(parts: {
  url?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  responseHeaders?: Record<string, string>;
  responseBody?: string;
  secrets?: readonly string[];
}): RawExchange {
  const { url = 'https://buyer.example/', headers = {}, body, secrets } = parts;
  return {
    request: { method: 'POST', url, headers, body, timeoutMs: 1_000, secrets },
    requestHeaders: headers,
    startedAt: new Date(0),
    durationMs: 1,
    status: 200,
    responseHeaders: parts.responseHeaders ?? {},
    responseBody: Buffer.from(parts.responseBody ?? ''),
  };
}

describe('exchange masking', function () {
  this.timeout(20_000);
  const secret = 'p@ss "w/ö+1" & <x>';
  const spellings: Record<string, string> = {
    'as it is': secret,
    'URL-encoded': encodeURIComponent(secret),
    'URL-encoded in lower case': encodeURIComponent(secret).toLowerCase(),
    'half encoded, as a URL parser does': encodeURI(secret),
    'form-encoded': new URLSearchParams({ v: secret }).toString().slice(2),
    'JSON-escaped': JSON.stringify(secret).slice(1, -1),
    'JSON-escaped in ASCII': 'p@ss \\"w\\/\\u00f6+1\\" & \\u003cx\\u003E',
    'XML-escaped': 'p@ss &quot;w/&#xF6;+1&#34; &amp; &lt;x&gt;',
    'in base64': Buffer.from(secret).toString('base64'),
    'in base64url': Buffer.from(secret).toString('base64url'),
  };
  for (const [how, text] of Object.entries(spellings)) {
    it(`replaces a secret ${how}`, () => {
      const { requestBody, url, responseBody } = record(
        rawExchange({
          url: `https://b.example/?v=${text}&n=1`,
          body: `a ${text} b`,
          responseBody: text,
          secrets: [secret],
        }),
      );
      assert.match(requestBody, /^a \*\*\*=* b$/);
      assert.match(url, /^https:\/\/b\.example\/\?v=\*\*\*=*&n=1$/);
      assert.match(responseBody ?? '', /^\*\*\*=*$/);
    });
  }

  it('finds a secret inside longer base64, whatever stands before it', () => {
    for (const user of ['X:', 'me:', 'you:']) {
      const text = Buffer.from(`${user}s3cr3t-api-token!`).toString('base64');
      const { requestBody } = record(rawExchange({ body: text, secrets: ['s3cr3t-api-token'] }));
      assert.match(requestBody, /\*\*\*/);
      assert.ok(!Buffer.from(requestBody, 'base64').toString().includes('s3cr3t-api'));
    }
  });

  it('shows nothing of a text in which the mask itself would spell a secret', () => {
    assert.equal(record(rawExchange({ body: 'aSECRET', secrets: ['a*', 'SECRET'] })).requestBody, '***');
  });

  it('masks credentials, cookies and keys in headers whatever they hold, and leaves the idempotency key', () => {
    const names = ['authorization', 'cookie', 'X-Api-Key', 'x-auth-token', 'client-secret', 'x-signature'];
    const { requestHeaders, responseHeaders } = record(
      rawExchange({
        headers: { ...Object.fromEntries(names.map((name) => [name, 'v'])), 'idempotency-key': 'k1', accept: '*/*' },
        responseHeaders: { 'set-cookie': 'a=b', location: 'https://b.example/?token=t&id=7' },
      }),
    );
    for (const name of names) assert.equal(requestHeaders[name], '***', name);
    assert.equal(requestHeaders['idempotency-key'], 'k1');
    assert.equal(requestHeaders['accept'], '*/*');
    assert.deepEqual(responseHeaders, { 'set-cookie': '***', location: 'https://b.example/?token=***&id=7' });
  });

  it('masks parameters named like a secret in URLs and forms', () => {
    const query = 'apiPassword=a&ckm_key=b&%74oken=c&auth_token=d&zip=94105&author=e';
    const masked = 'apiPassword=***&ckm_key=***&%74oken=***&auth_token=***&zip=94105&author=e';
    const exchange = record(
      rawExchange({
        url: `https://me:pw@b.example/p?${query}#f`,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: query,
      }),
    );
    assert.equal(exchange.url, `https://***@b.example/p?${masked}#f`);
    assert.equal(exchange.requestBody, masked);
  });

  it('trims bodies to 8 KiB and never leaves half of a secret at the cut', () => {
    const body = `${'x'.repeat(8_188)}SECRETVALUE${'y'.repeat(100_000)}`;
    for (const given of [body, Buffer.from(body)]) {
      const { requestBody } = record(rawExchange({ body: given, secrets: ['SECRETVALUE'] }));
      assert.equal(requestBody, `${'x'.repeat(8_188)}***… [108199 bytes in all]`);
    }
  });

  it('never shows a secret, wherever and however it is written', () => {
    const visible = (exchange: Exchange): string => JSON.stringify({ ...exchange, startedAt: undefined });
    const bare = visible(record(rawExchange({})));
    // Random texts do not happen to be what every exchange holds, nor the mask itself.
    const arbitrarySecret = fc
      .oneof(
        fc.string({ minLength: 4 }),
        fc.string({ minLength: 4, unit: 'grapheme' }),
        fc.base64String({ minLength: 4 }),
      )
      .filter((text) => !bare.includes(text) && !/^\**$/.test(text));
    const arbitraryText = fc.string({ maxLength: 20 });
    const write = fc.constantFrom<(text: string) => string>(
      (text) => text,
      encodeURIComponent,
      encodeURI,
      (text) => JSON.stringify(text),
      (text) => Buffer.from(text).toString('base64'),
    );
    fc.assert(
      fc.property(
        fc.array(arbitrarySecret, { minLength: 1, maxLength: 3 }),
        write,
        arbitraryText,
        arbitraryText,
        (secrets, spell, before, after) => {
          const text = before + secrets.map(spell).join(after) + after;
          const json = visible(
            record(
              rawExchange({
                url: `https://buyer.example/${text}?q=${text}`,
                headers: { [text]: text, 'x-note': text },
                body: text,
                responseHeaders: { location: text },
                responseBody: text.repeat(3),
                secrets,
              }),
            ),
          );
          for (const one of secrets) {
            assert.ok(!json.includes(one), `${one} in ${json}`);
            assert.ok(!json.includes(JSON.stringify(one).slice(1, -1)), `${one} in ${json}`);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
