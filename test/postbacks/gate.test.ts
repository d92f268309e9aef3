import assert from 'node:assert/strict';
import { createGates } from '../../rules/postback/gate.ts';
import { isFailingTooLong, isSameStreak, OFF_AFTER_MS } from '../../rules/postback/failing.ts';

describe('postbacks: a dead endpoint with ten thousand of them', () => {
  it('holds a few at a time, gives the others places one after the other, and slows no other', () => {
    let now = 0;
    const gates = createGates(() => now);
    const inside: { leave(answered: boolean): void }[] = [];
    const waits: number[] = [];
    for (let count = 0; count < 10_000; count++) {
      const got = gates.enter('dead');
      if (typeof got === 'number') waits.push(got);
      else inside.push(got);
    }
    assert.equal(inside.length, 8);
    assert.ok(waits.every((wait, at) => wait >= (waits[at - 1] ?? 0) && wait <= 600_000));
    assert.equal(typeof gates.enter('alive'), 'object');
    // None was answered within fifteen seconds: from now on two at a time, and later.
    now += 15_000;
    for (const admission of inside) admission.leave(false);
    const next = Array.from({ length: 10 }, () => gates.enter('dead'));
    assert.equal(next.filter((got) => typeof got === 'object').length, 2);
    // It answers again.
    for (const got of next) if (typeof got === 'object') got.leave(true);
    const back = Array.from({ length: 10 }, () => gates.enter('dead'));
    assert.equal(back.filter((got) => typeof got === 'object').length, 8);
  });
});

describe('postbacks: an endpoint that fails for days', () => {
  const start = new Date('2026-01-01T00:00:00Z');
  const after = (ms: number) => new Date(start.getTime() + ms);

  it('is off after five days of failures, not after few of them and not before', () => {
    assert.equal(isFailingTooLong(start, 100, after(OFF_AFTER_MS - 1)), false);
    assert.equal(isFailingTooLong(start, 4, after(OFF_AFTER_MS * 9)), false);
    assert.equal(isFailingTooLong(start, 5, after(OFF_AFTER_MS)), true);
  });

  it('starts anew when nothing was tried for two days', () => {
    assert.equal(isSameStreak(start, after(29 * 3_600_000)), true);
    assert.equal(isSameStreak(start, after(49 * 3_600_000)), false);
  });
});
