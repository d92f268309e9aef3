import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatPrice, parsePrice, toDecimal } from '../../rules/money.ts';

const MAX = 1_000_000_000_000_000;
const amount = fc.oneof(
  fc.integer({ min: 0, max: 100_000_000 }),
  fc.maxSafeInteger().map((n) => Math.abs(n) % (MAX + 1)),
);

describe('money', () => {
  const prices: [unknown, number][] = [
    ['1.0000', 1_000_000],
    ['$12.50', 12_500_000],
    ['$ 12.50', 12_500_000],
    ['12.50 USD', 12_500_000],
    ['usd 12.5', 12_500_000],
    [' 7 ', 7_000_000],
    ['.5', 500_000],
    ['5.', 5_000_000],
    ['1,234.50', 1_234_500_000],
    ['1,000,000,000', MAX],
    ['007', 7_000_000],
    [25, 25_000_000],
    [1.005, 1_005_000],
    [0.1 + 0.2, 300_000],
    [1e-7, 0],
    [2.5e-6, 2],
    [-0, 0],
    ['0.0000005', 0],
    ['0.0000015', 2],
    ['0.0000025', 2],
    ['0.00000250001', 3],
    ['999999999.9999999', MAX],
  ];
  for (const [value, micros] of prices) {
    it(`reads ${JSON.stringify(value)}`, () =>
      assert.ok(Object.is(parsePrice(value), micros), String(parsePrice(value))));
  }

  const none = [
    NaN, Infinity, -Infinity, -1, '-1', '$-5', '(5)', '1e309', '1e2', 1e309, 1e10, '1000000000.01', '12,50', '1,23', '1.2.3',
    ',5', '1,2345.00', '', ' ', '.', '$', 'free', 'NaN', '€5', '5 EUR', '0x10', null, undefined, true, [], {}, [5], 5n,
    `1.${'0'.repeat(100)}`,
  ]; // prettier-ignore
  for (const value of none) {
    it(`refuses ${typeof value} ${String(value).slice(0, 20)}`, () => assert.equal(parsePrice(value), undefined));
  }

  it('gives any amount back from every way of writing it', () => {
    fc.assert(
      fc.property(amount, (micros) => {
        assert.equal(parsePrice(toDecimal(micros)), micros);
        assert.equal(parsePrice(formatPrice(micros)), micros);
        assert.equal(parsePrice(`$${formatPrice(micros)}`), micros);
        assert.match(formatPrice(micros), /^\d+\.\d{2,6}$/);
      }),
    );
  });

  it('is never negative, never fractional and never beyond its limit', () => {
    const texts = fc.stringMatching(/^[$]? ?-?[\d,.eE]{0,24} ?(USD)?$/);
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.float(), texts, fc.anything()), (value) => {
        const micros = parsePrice(value);
        if (micros !== undefined) assert.ok(Number.isSafeInteger(micros) && micros >= 0 && micros <= MAX);
      }),
      { numRuns: 2000 },
    );
  });

  it('rounds on the digits as written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 19n }), (nanos) => {
        const digits = String(nanos).padStart(11, '0');
        const [quotient, rest] = [nanos / 10_000n, nanos % 10_000n];
        const up = rest > 5000n || (rest === 5000n && quotient % 2n === 1n);
        const wanted = Number(quotient + (up ? 1n : 0n));
        assert.equal(parsePrice(`${digits.slice(0, -10)}.${digits.slice(-10)}`), wanted > MAX ? undefined : wanted);
      }),
    );
  });

  it('writes two decimals at least', () => {
    assert.deepEqual([0, 12_500_000, 1, 1_234_567, 1_230_000].map(formatPrice), [
      '0.00',
      '12.50',
      '0.000001',
      '1.234567',
      '1.23',
    ]);
  });
});
