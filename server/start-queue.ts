import { performance } from 'node:perf_hooks';
import { createLooks, type SpareTime } from './spare-time.ts';

/** A workflow starts by then, however busy the node is: operators see it, and no other node sweeps its row yet. */
const PATIENCE_MS = 500;
/** With more than these waiting two start at a time. */
const MANY = 32;

/**
 * Workflows of leads and pings that wait to be started, one after another, while the node has time to spare. A workflow
 * costs several times the processor time of the sale that its seller waits for, and the sale needs it only when the node
 * dies: in a burst sales go first. What is queued is durable, its outbox row is written.
 */
export function createStartQueue(watch: SpareTime) {
  const queue: { since: number; start: () => Promise<void> }[] = [];
  const startFirst = (): Promise<void> | undefined => queue.shift()?.start();
  const beginLooks = createLooks(watch, (hasTime) => {
    const [first] = queue;
    const isDue = first !== undefined && performance.now() - first.since > PATIENCE_MS;
    if (hasTime || isDue) void startFirst();
    if (queue.length > MANY) void startFirst();
    return queue.length > 0;
  });

  return {
    /** Starts something when it is its turn. */
    add<T>(start: () => Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        queue.push({ since: performance.now(), start: () => start().then(resolve, reject) });
        beginLooks();
      });
    },
    /** Starts what has waited longest, if anything waits. Resolves when it is started or failed. */
    startFirst,
    /** Starts all that waits. */
    flush(): void {
      for (const { start } of queue.splice(0)) void start();
    },
  };
}
