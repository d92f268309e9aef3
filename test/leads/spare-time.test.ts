import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createSpareTime } from '../../server/spare-time.ts';

describe('the time that a node has to spare', () => {
  it('has none while its event loop is busy and somebody waits', () => {
    const waits = { somebody: true };
    const watch = createSpareTime(() => !waits.somebody);
    const hasTime = watch();
    const until = performance.now() + 20;
    while (performance.now() < until);
    assert.equal(hasTime(), false);
    waits.somebody = false;
    assert.equal(hasTime(), true);
  });

  it('is there while it waits for buyers', async () => {
    const watch = createSpareTime(() => false);
    // A machine that is busy with something else looks like a busy node for a while.
    let hasTime;
    do {
      hasTime = watch();
      await delay(50);
    } while (!hasTime());
  });
});
