import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createStartQueue } from '../../server/start-queue.ts';
import { busyNode } from './busy-node.ts';

describe('workflows that wait to be started', () => {
  function aQueue() {
    const { node, watch, looks } = busyNode();
    const queue = createStartQueue(watch);
    const started: number[] = [];
    const add = (n: number) => queue.add(async () => void started.push(n));
    return { node, queue, started, add, looks };
  }

  it('start one at a look, in their order, once the node has time', async () => {
    const { node, started, add, looks } = aQueue();
    const all = Promise.all([add(1), add(2), add(3)]);
    await looks(3);
    assert.deepEqual(started, [], 'not before');
    node.hasTime = true;
    await looks(1);
    assert.deepEqual(started, [1]);
    await all;
    assert.deepEqual(started, [1, 2, 3]);
  });

  it('start after half a second however busy the node is, and do not pile up', async () => {
    const { started, add, node } = aQueue();
    const first = add(0);
    await first;
    assert.equal(node.hasTime, false);
    for (let n = 1; n <= 33; n++) void add(n);
    // One more than may wait: it goes long before its half second.
    while (started.length < 2) await delay(1);
    assert.deepEqual(started, [0, 1]);
  });

  it('start when somebody waits for the first of them', async () => {
    const { queue, started, add } = aQueue();
    const all = [add(1), add(2)];
    await queue.startFirst();
    assert.deepEqual(started, [1]);
    await queue.startFirst();
    assert.equal(queue.startFirst(), undefined, 'nothing is left');
    await Promise.all(all);
    assert.deepEqual(started, [1, 2]);
  });

  it('start at once when the node ends', async () => {
    const { queue, started, add } = aQueue();
    const all = Promise.all([add(1), add(2)]);
    queue.flush();
    await all;
    assert.deepEqual(started, [1, 2]);
  });

  it('tell whoever started them that it failed, and let the next one go', async () => {
    const { node, queue, started, add } = aQueue();
    node.hasTime = true;
    await assert.rejects(
      queue.add(() => Promise.reject(new Error('Temporal is away'))),
      /away/,
    );
    await add(2);
    assert.deepEqual(started, [2]);
  });
});
