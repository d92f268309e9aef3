import assert from 'node:assert/strict';
import fc from 'fast-check';
import { accountOf, creditCheck, creditMissing, creditOf, creditTerms } from '../../rules/billing.ts';
import { agreedTerms, clawbackOf, payoutOf } from '../../rules/payout.ts';
import { returnFault } from '../../rules/returns.ts';
import { changeOf, statementOf, type LedgerSum } from '../../rules/statement.ts';

const DAY = 86_400_000;

describe('billing', () => {
  it('in advance lets nobody owe anything; a credit limit lets it owe that', () => {
    assert.deepEqual(creditTerms({ mode: 'prepaid' }), { mode: 'prepaid', limit: 0 });
    assert.deepEqual(creditTerms({ mode: 'credit', limit: 100.5 }), { mode: 'credit', limit: 100_500_000 });
  });

  it('knows what is left: the limit and deposits, less what was bought and what is reserved', () => {
    const terms = creditTerms({ mode: 'credit', limit: 100 });
    // 30 bought, 5 reserved, 20 deposited.
    assert.deepEqual(creditOf(terms, 15_000_000, 5_000_000), {
      ...terms,
      balance: -10_000_000,
      reserved: 5_000_000,
      available: 85_000_000,
    });
    assert.ok(Object.is(creditOf(terms, 0, 0).balance, 0));
  });

  it('asks for the price that is known, and for a millionth where none is', () => {
    const used = new Map([[accountOf('buy_one'), 95_000_000]]);
    const terms = creditTerms({ mode: 'credit', limit: 100 });
    assert.equal(creditMissing(creditCheck('buy_one', terms, 5_000_000), used), undefined);
    assert.deepEqual(creditMissing(creditCheck('buy_one', terms, 5_000_001), used), {
      available: 5_000_000,
      least: 5_000_001,
    });
    assert.equal(creditMissing(creditCheck('buy_else', creditTerms({ mode: 'prepaid' }), 0), used)?.least, 1);
  });
});

describe('agreements about payouts', () => {
  it("of a source come before its campaign's, part by part", () => {
    const campaign = { payout: { share: 0.5 }, clawback: false };
    assert.deepEqual(agreedTerms({}, campaign), { shareMillionths: 500_000, kept: true });
    assert.deepEqual(agreedTerms({ payout: { fixed: 3 } }, campaign), { fixed: 3_000_000, kept: true });
    assert.deepEqual(agreedTerms({ clawback: true }, campaign), { shareMillionths: 500_000 });
    assert.deepEqual(agreedTerms({}, {}), { shareMillionths: 1_000_000 });
  });

  it('say whether a return takes the payout back: all of it or nothing', () => {
    const price = fc.nat({ max: 1_000_000_000 });
    fc.assert(
      fc.property(price, fc.nat({ max: 1_000_000 }), (paid, share) => {
        const terms = { shareMillionths: share };
        assert.equal(clawbackOf(terms, paid), payoutOf(terms, paid));
        assert.equal(clawbackOf({ ...terms, kept: true }, paid), 0);
      }),
    );
  });
});

describe('a return', () => {
  const at = { acceptedAt: 0, now: 7 * DAY, reason: undefined };
  it('is good for any reason and at any time unless something else was agreed', () => {
    assert.equal(returnFault(undefined, { ...at, now: 5000 * DAY }), undefined);
    assert.equal(returnFault({ withinDays: 7 }, at), undefined);
    assert.equal(returnFault({ withinDays: 7 }, { ...at, now: 7 * DAY + 1 }), 'return_too_late');
  });
  it('gives one of the reasons that were agreed', () => {
    const returns = { reasons: ['bad_phone'] };
    assert.equal(returnFault(returns, { ...at, reason: 'bad_phone' }), undefined);
    for (const reason of [undefined, 'disliked', 'BAD_PHONE']) {
      assert.equal(returnFault(returns, { ...at, reason }), 'return_reason_not_allowed');
    }
  });
});

describe('a statement', () => {
  const sum: fc.Arbitrary<LedgerSum> = fc.record({
    day: fc.nat({ max: 3 }),
    part: fc.constantFrom('src_a', 'src_b', null),
    kind: fc.constantFrom('sale', 'return', 'event', 'deposit', 'payment', 'adjustment'),
    rows: fc.integer({ min: 1, max: 9 }),
    amount: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
    payout: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  });

  it('carries its balance from line to line, and ends with the sum of everything (I6)', () => {
    fc.assert(
      fc.property(fc.constantFrom('seller', 'buyer'), fc.integer(), fc.array(sum), (side, start, sums) => {
        const opening = start % 1_000_000_000;
        const { lines, totals } = statementOf(side, opening, sums);
        assert.equal(totals.balance, (opening + changeOf(side, sums)) / 1_000_000);
        assert.equal(lines.at(-1)?.balance ?? opening / 1_000_000, totals.balance);
        const order = lines.map(({ day, part }) => `${day} ${part ?? '~'}`);
        assert.deepEqual(order, [...new Set(order)].sort());
        assert.equal(
          lines.reduce((count, line) => count + line.sales, 0),
          totals.sales,
        );
      }),
    );
  });
});
