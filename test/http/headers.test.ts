import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toReceivedHeaders, toSentHeaders } from '../../http/headers.ts';

describe('outbound headers', () => {
  it('lets no name or value through that could begin another header', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\0', 'é', '—') }));
    fc.assert(
      fc.property(fc.dictionary(text, text), (headers) => {
        for (const [name, value] of Object.entries(toSentHeaders(headers) ?? {})) {
          assert.match(name, /^[^\s:A-Z\0]+$/);
          assert.match(value, /^[\t\x20-\xff]*$/);
        }
      }),
    );
    assert.equal(toSentHeaders({ 'x-a': 'b\r\nx-c: d' }), undefined);
  });

  it('keeps a given user agent and asks for no coding, whatever was given', () => {
    assert.deepEqual(toSentHeaders({ 'User-Agent': 'acme', 'Accept-Encoding': 'gzip' }), {
      'user-agent': 'acme',
      'accept-encoding': 'identity',
    });
  });

  it('joins repeated headers and drops a name that is no name', () => {
    const received = toReceivedHeaders(JSON.parse('{"a": ["1", "2"], "b": "3", "__proto__": "x"}'));
    assert.deepEqual(received, { a: '1, 2', b: '3' });
  });
});
