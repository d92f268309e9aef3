import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hasConsent } from '../../rules/consent.ts';
import { payoutOf, payoutTerms } from '../../rules/payout.ts';

const MAX = 1_000_000_000_000_000;
const price = fc.oneof(
  fc.integer({ min: 0, max: 100_000_000 }),
  fc.maxSafeInteger().map((n) => Math.abs(n) % (MAX + 1)),
);
const share = fc.integer({ min: 0, max: 1_000_000 });

describe('payouts', () => {
  const cases: [Parameters<typeof payoutTerms>[0], number, number][] = [
    [undefined, 9_000_000, 9_000_000],
    [{ share: 0.8 }, 9_000_000, 7_200_000],
    [{ share: 0.8 }, 45_460_000, 36_368_000],
    [{ share: 0.333333 }, 10, 3],
    [{ share: 0 }, 9_000_000, 0],
    [{ share: 1 }, MAX, MAX],
    [{ margin: 2.5 }, 9_000_000, 6_500_000],
    [{ margin: 10 }, 9_000_000, 0],
    [{ fixed: 4 }, 9_000_000, 4_000_000],
    [{ fixed: 40 }, 9_000_000, 40_000_000],
  ];
  for (const [terms, of, expected] of cases) {
    it(`${JSON.stringify(terms ?? {})} of ${of} is ${expected}`, () =>
      assert.equal(payoutOf(payoutTerms(terms), of), expected));
  }

  it('are never negative, never more than the price, and what is kept beside them makes up the price', () => {
    const exact = (of: number, millionths: number) => (BigInt(of) * BigInt(millionths)) / 1_000_000n;
    fc.assert(
      fc.property(price, share, (of, shareMillionths) => {
        const paid = payoutOf({ shareMillionths }, of);
        assert.ok(Number.isSafeInteger(paid) && paid >= 0 && paid <= of);
        assert.equal(BigInt(paid), exact(of, shareMillionths));
      }),
    );
    fc.assert(
      fc.property(price, price, (of, margin) => {
        const paid = payoutOf({ margin }, of);
        assert.ok(paid >= 0 && paid <= of);
        assert.equal(of - paid, Math.min(of, margin));
      }),
    );
  });

  it('keep the order of prices: a better bid never pays the seller less', () => {
    fc.assert(
      fc.property(price, price, share, (one, other, shareMillionths) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        for (const terms of [{ shareMillionths }, { margin: shareMillionths }, { fixed: shareMillionths }]) {
          assert.ok(payoutOf(terms, low) <= payoutOf(terms, high));
        }
      }),
    );
  });

  it('read a share to six decimals, and amounts as prices', () => {
    fc.assert(
      fc.property(share, (millionths) => {
        assert.deepEqual(payoutTerms({ share: millionths / 1_000_000 }), { shareMillionths: millionths });
      }),
    );
    assert.deepEqual(payoutTerms({ margin: 1.005 }), { margin: 1_005_000 });
  });
});

describe('the consent of a seller', () => {
  const bid = fc.record({ offer: fc.constantFrom('a', 'b', 'c'), payout: fc.integer({ min: 0, max: 100 }) });
  const afterReject = fc.constantFrom('continue' as const, 'ask' as const);

  it('is for the bids it picked and no others', () => {
    fc.assert(
      fc.property(afterReject, fc.subarray(['a', 'b', 'c']), bid, (after, chosen, offered) => {
        const consent = { afterReject: after, chosen, quote: 50 };
        assert.equal(hasConsent(consent, offered), chosen.includes(offered.offer));
      }),
    );
    assert.equal(hasConsent({ afterReject: 'continue', chosen: ['a'], quote: 0 }, { payout: 100 }), false);
  });

  it('is for every bid, or where it is to be asked for those that pay what was quoted', () => {
    fc.assert(
      fc.property(bid, fc.integer({ min: 0, max: 100 }), (offered, quote) => {
        assert.equal(hasConsent({ afterReject: 'continue', quote }, offered), true);
        assert.equal(hasConsent({ afterReject: 'ask', quote }, offered), offered.payout >= quote);
      }),
    );
  });
});
