import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isTransactionId, newTransactionId } from '../../rules/transaction-id.ts';

describe('transaction id', () => {
  it('is a UUID version 7', () => {
    // The example of RFC 9562, appendix A.6.
    const random = Buffer.from('0cc318c4dc0c0c07398f', 'hex');
    assert.equal(newTransactionId(0x017f22e279b0, random), 'txn_017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('uses every random bit that the version leaves', () => {
    const ones = newTransactionId(0, new Uint8Array(10).fill(255));
    assert.equal(ones, 'txn_00000000-0000-7fff-bfff-ffffffffffff');
  });

  it('sorts by time and is recognised, whatever the random bytes', () => {
    const time = fc.integer({ min: 0, max: 2 ** 47 });
    const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(time, random, random, (now, some, others) => {
        const earlier = newTransactionId(now, some);
        assert.ok(isTransactionId(earlier));
        assert.ok(earlier < newTransactionId(now + 1, others));
      }),
    );
  });

  it('differs between leads of the same millisecond', () => {
    assert.equal(new Set(Array.from({ length: 1000 }, () => newTransactionId(1))).size, 1000);
  });

  it('is nothing else', () => {
    const others = ['', 'txn_', 'txn_1', 'txn_7f3a2b1c-4d56-48ef-9012-abcdef123456', ` ${newTransactionId()}`, 'int_a'];
    for (const other of [...others, `${newTransactionId()}\n`, newTransactionId().toUpperCase()]) {
      assert.ok(!isTransactionId(other), other);
    }
  });
});
