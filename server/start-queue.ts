import { performance } from 'node:perf_hooks';

/** How often it is looked whether the next workflow may start. */
const LOOK_MS = 15;
/** A node whose event loop was busy for a smaller share of the time has time to spare. */
const SPARE = 0.3;
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
  const queue: { since: number; start: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function look(hasTime: () => boolean): void {
    timer = undefined;
    const [first] = queue;
    const isDue = first !== undefined && performance.now() - first.since > PATIENCE_MS;
    if (hasTime() || isDue) queue.shift()?.start();
    if (queue.length > MANY) queue.shift()?.start();
    lookAgain();
  }

  function lookAgain(): void {
    if (timer === undefined && queue.length > 0) timer = setTimeout(look, LOOK_MS, watch());
  }

  return {
    /** Starts something when it is its turn. */
    add<T>(start: () => Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        queue.push({ since: performance.now(), start: () => void start().then(resolve, reject) });
        lookAgain();
      });
    },
    /** Starts all that waits. */
    flush(): void {
      for (const { start } of queue.splice(0)) start();
    },
  };
}

/** Watches the node from now on; the function that it gives tells whether there was time to spare meanwhile. */
export type SpareTime = () => () => boolean;

/** Time to spare has a node whose event loop had little to do, or for whose answer nobody waits. */
export function createSpareTime(isIdle: () => boolean): SpareTime {
  return () => {
    const used = performance.eventLoopUtilization();
    return () => isIdle() || performance.eventLoopUtilization(used).utilization < SPARE;
  };
}
