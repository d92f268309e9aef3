import assert from 'node:assert/strict';
import { nextBid, type Round } from '../../rules/next-bid.ts';

const NOW = 1_000;
const ranked = [
  { integration: 'int_first', expiresAt: 2_000 },
  { integration: 'int_second', expiresAt: 2_000 },
];
const lost = (reason: string): Round => ({ integration: 'int_first', state: 'not_sent', reason });

describe('the next bid', () => {
  it('is the first in rank of an integration that was not posted to before', () => {
    assert.deepEqual(nextBid(ranked, undefined, [], NOW), { bid: ranked[0] });
    const rejected: Round = { integration: 'int_first', state: 'rejected', reason: 'other' };
    assert.deepEqual(nextBid(ranked, undefined, [rejected], NOW), { bid: ranked[1] });
  });

  for (const reason of ['abandoned', 'send_by_passed', 'pool_closed']) {
    it(`is the same again where the node was lost before the buyer heard of it (${reason})`, () => {
      assert.deepEqual(nextBid(ranked, undefined, [lost(reason)], NOW), { bid: ranked[0] });
      assert.deepEqual(nextBid(ranked.slice(0, 1), undefined, [lost(reason), lost(reason)], NOW), { bid: ranked[0] });
    });
  }

  it('is another one when the node was lost three times over', () => {
    const rounds = [lost('abandoned'), lost('send_by_passed'), lost('abandoned')];
    assert.deepEqual(nextBid(ranked, undefined, rounds, NOW), { bid: ranked[1] });
  });

  it('is another one when its cap was full or the buyer could not be reached', () => {
    for (const reason of ['cap_full', 'paused', 'connect_failed']) {
      assert.deepEqual(nextBid(ranked, undefined, [lost(reason)], NOW), { bid: ranked[1] });
    }
  });

  it('is none while the bids left have expired, and none at all when everybody was asked', () => {
    assert.deepEqual(nextBid(ranked, undefined, [], 2_000), { none: 'expired' });
    const rounds = ranked.map(({ integration }): Round => ({ integration, state: 'rejected' }));
    assert.deepEqual(nextBid(ranked, undefined, rounds, NOW), { none: 'exhausted' });
  });

  it('is the default buyer when everybody said no, and the default buyer that a node was lost over', () => {
    const fallback = { integration: 'int_default', expiresAt: Infinity };
    const rounds = ranked.map(({ integration }): Round => ({ integration, state: 'rejected' }));
    assert.deepEqual(nextBid(ranked, fallback, rounds, NOW), { bid: fallback });
    const again: Round = { integration: 'int_default', state: 'not_sent', reason: 'abandoned' };
    assert.deepEqual(nextBid(ranked, fallback, [...rounds, again], NOW), { bid: fallback });
    const open: Round[] = [{ integration: 'int_first', state: 'pending' }, rounds[1]!];
    assert.deepEqual(nextBid(ranked, fallback, open, NOW), { none: 'exhausted' });
  });
});
