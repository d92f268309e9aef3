import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { createTurns } from '../../server/middleware/turns.ts';
import { busyNode } from './busy-node.ts';
import { eventually } from './deployment.ts';

describe('leads that come in a burst', () => {
  function aBurst(leads: number, patienceMs = Infinity) {
    const { node, watch, looks } = busyNode();
    const turns = createTurns(watch, patienceMs);
    const begun: number[] = [];
    const all = Array.from({ length: leads }, async (_none, lead) => {
      await turns.take();
      begun.push(lead);
    });
    return { node, turns, looks, begun, all: Promise.all(all) };
  }

  it('are worked on two at a time, in their order', async () => {
    const { turns, begun, all } = aBurst(4);
    await setImmediate();
    assert.deepEqual(begun, [0, 1]);
    turns.leave();
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2]);
    turns.leave();
    await all;
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  it('do not wait for those before them that wait for buyers', async () => {
    const { turns, begun, all } = aBurst(5);
    const answers: (() => void)[] = [];
    const send = () => new Promise<never>((resolve) => answers.push(resolve as () => void));
    const outbound = turns.makingRoom({ send, close: () => Promise.resolve() });
    // Two pings of one lead make room for one other.
    const pings = [outbound.send({} as never), outbound.send({} as never)];
    await eventually(() => Promise.resolve(begun.length > 2));
    assert.deepEqual(begun, [0, 1, 2]);
    for (const answer of answers) answer();
    await Promise.all(pings);
    // It is worked on again, with the two others.
    turns.leave();
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2]);
    turns.leave();
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2, 3]);
    turns.leave();
    await all;
  });

  it('do not wait while the node has time to spare', async () => {
    const { node, turns, looks, begun, all } = aBurst(4);
    await setImmediate();
    node.hasTime = true;
    await looks(1);
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2]);
    await all;
    // Four are at work: the next one's turn comes when three of them have left.
    node.hasTime = false;
    let isFifth = false;
    const fifth = turns.take().then(() => (isFifth = true));
    turns.leave();
    turns.leave();
    await setImmediate();
    assert.equal(isFifth, false);
    turns.leave();
    await fifth;
  });

  it('wait for a turn no longer than they should', async () => {
    const { node, begun, all } = aBurst(20, 100);
    await all;
    assert.equal(node.hasTime, false);
    assert.deepEqual(
      begun,
      Array.from({ length: 20 }, (_none, lead) => lead),
    );
  });
});
