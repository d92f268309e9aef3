import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { compileBuyerPostback } from '../../rules/postback/inbound.ts';
import { expandMacros, unknownMacros } from '../../rules/postback/macros.ts';
import { PAUSES_MS, pauseAfter, readRetryAfter, verdictOf } from '../../rules/postback/retry.ts';
import { isSigned, standardHeaders } from '../../rules/postback/signature.ts';
import { newsOf } from '../../rules/postback/status.ts';

const DAY = 86_400_000;

describe('postbacks: when it is tried again', () => {
  it('ten attempts over three days, each pause up to a fifth longer than planned', () => {
    const total = PAUSES_MS.reduce((sum, pause) => sum + pause, 0);
    assert.deepEqual([PAUSES_MS.length + 1, total > 3 * DAY, total < 4 * DAY], [10, true, true]);
    assert.equal(pauseAfter(10, 0), undefined);
    const attempts = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(attempts, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (attempt, draw, wanted) => {
        const planned = PAUSES_MS[attempt - 1]!;
        const pause = pauseAfter(attempt, draw, wanted)!;
        // Retry-After lengthens a pause, to a day at most, and never shortens one.
        assert.ok(pause >= planned && pause <= Math.max(planned * 1.2, Math.min(wanted, DAY)) + 1);
        assert.ok(pause >= Math.min(wanted, DAY) - 1);
      }),
    );
  });

  it('reads Retry-After in seconds and as a date', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    assert.equal(readRetryAfter('120', now), 120_000);
    assert.equal(readRetryAfter('Sat, 21 Nov 2026 12:01:00 GMT', now), 60_000);
    assert.equal(readRetryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now), 0);
    for (const nonsense of [undefined, '', '-1', '1.5', 'soon', '21 Nov 2026', '99999999999']) {
      assert.equal(readRetryAfter(nonsense, now), undefined, nonsense);
    }
  });

  it('goes by the status', () => {
    const verdicts = [200, 204, 299, 302, 400, 404, 408, 410, 425, 429, 500, 503].map(verdictOf);
    assert.deepEqual(verdicts, [
      ...['delivered', 'delivered', 'delivered', 'again', 'refused', 'refused', 'again', 'gone'],
      ...['again', 'again', 'again', 'again'],
    ]);
  });
});

describe('postbacks: signatures', () => {
  it('are what the Standard Webhooks library makes and takes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.string(), (key, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const now = Date.now();
        const headers = standardHeaders('txn_1_sold', now, body, ['another', secret]);
        new Webhook(secret).verify(body, headers, { jsonParse: false });
        const request = { header: (name: string) => headers[name], body: Buffer.from(body), querystring: '' };
        assert.ok(isSigned({ secrets: ['s'] }, [secret], request, now));
        assert.ok(!isSigned({ secrets: ['s'] }, ['third'], request, now));
        assert.ok(!isSigned({ secrets: ['s'] }, [secret], { ...request, body: Buffer.from(`${body}x`) }, now));
        assert.ok(!isSigned({ secrets: ['s'] }, [secret], request, now + 6 * 60_000));
      }),
      { numRuns: 50 },
    );
  });

  it('of nothing, by nobody or in no known form pass nowhere', () => {
    const none = { header: () => undefined, body: Buffer.alloc(0), querystring: '' };
    for (const scheme of ['standard', 'hmac'] as const) {
      assert.ok(!isSigned({ secrets: ['s'], scheme }, ['secret'], none, Date.now()));
      assert.ok(!isSigned({ secrets: ['s'], scheme }, [], { ...none, header: () => 'sha256=00' }, Date.now()));
    }
  });
});

describe('postbacks: macros', () => {
  it('in single braces are the templates’ own; Handlebars is left alone', () => {
    assert.equal(
      expandMacros(
        'https://a.example/{sub1}?t={transaction_id}&l={{lead.sub2}}&{{#if (eq lead.sub1 "a")}}x{{/if}}&{pid}',
      ),
      'https://a.example/{{lead.sub1}}?t={{lead.transaction_id}}&l={{lead.sub2}}&{{#if (eq lead.sub1 "a")}}x{{/if}}&{{source.id}}',
    );
    assert.deepEqual(unknownMacros('https://a.example/?e={email}&s={sub1}&c={{lead.x}}'), ['email']);
  });
});

describe('postbacks: what a buyer says', () => {
  const read = (body: string, query: Record<string, unknown> = {}) =>
    compileBuyerPostback()({ query, headers: {}, body: Buffer.from(body) });

  it('is read by its plain names, from body before query', async () => {
    const cases: [string, Record<string, unknown>, string | undefined][] = [
      ['{"status":"Accepted"}', { status: 'rejected' }, 'accepted'],
      ['', { outcome: ' RETURNED ' }, 'returned'],
      ['<r><status code="1">pending</status></r>', {}, 'pending'],
      ['status=rejected&reason=x', {}, 'rejected'],
      ['', { status: ['accepted', 'rejected'] }, undefined],
      ['{"status":true}', {}, undefined],
      ['<html><body>accepted</body></html>', {}, undefined],
      ['[{"status":"accepted"}]', {}, undefined],
    ];
    for (const [body, query, state] of cases) assert.equal((await read(body, query)).state, state, body);
  });

  it('has no price that makes no sense', async () => {
    for (const price of ['-1', 'NaN', '1e309', '12,50', 'free', '']) {
      assert.equal((await read('', { status: 'accepted', price })).price, undefined, price);
    }
    assert.equal((await read('', { status: 'accepted', price: '$12.50' })).price, 12_500_000);
  });

  it('never fails, whatever it is', async () => {
    const mapped = compileBuyerPostback({ accepted: 'body.a.b = 1', price: 'body.p', find: { leadId: 'body[0].x' } });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.json(), fc.string()),
        fc.dictionary(fc.string(), fc.string()),
        async (body, query) => {
          for (const understand of [compileBuyerPostback(), mapped]) {
            const { state, price } = await understand({ query, headers: {}, body: Buffer.from(body) });
            assert.ok(state === undefined || ['accepted', 'rejected', 'pending', 'returned'].includes(state));
            assert.ok(price === undefined || (Number.isSafeInteger(price) && price >= 0));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('postbacks: what a source is told', () => {
  const named = (conclusion: Parameters<typeof newsOf>[0]) => newsOf(conclusion).map(({ name }) => name);

  it('is what happened, and that nothing is open any more', () => {
    const first = { wasOpen: false, returned: [] };
    assert.deepEqual(named({ ...first, outcome: 'sold', open: false }), ['sold']);
    assert.deepEqual(named({ ...first, outcome: 'sold', open: true }), ['sold']);
    assert.deepEqual(named({ ...first, outcome: 'expired', open: false }), ['rejected']);
    assert.deepEqual(named({ ...first, outcome: 'held', open: true }), ['held']);
    for (const outcome of ['pending', 'unknown', 'duplicate'] as const) {
      assert.deepEqual(named({ ...first, outcome, open: outcome !== 'duplicate' }), []);
    }
    assert.deepEqual(named({ outcome: 'sold', open: false, wasOpen: true, returned: [] }), ['sold', 'settled']);
    assert.deepEqual(named({ outcome: 'sold', open: false, wasOpen: false, returned: [1, 3] }), [
      ...['sold', 'returned_1', 'returned_3'],
    ]);
  });
});
