import { performance } from 'node:perf_hooks';

/** How often it is looked whether there is time for what waits. */
const LOOK_MS = 15;
/** A node whose event loop was busy for a smaller share of the time has time to spare. */
const SPARE = 0.3;

/** Watches the node from now on; the function that it gives tells whether there was time to spare meanwhile. */
export type SpareTime = () => () => boolean;

/** Time to spare has a node whose event loop had little to do, or for whose answer nobody waits. */
export function createSpareTime(isIdle: () => boolean): SpareTime {
  return () => {
    const used = performance.eventLoopUtilization();
    return () => isIdle() || performance.eventLoopUtilization(used).utilization < SPARE;
  };
}

/**
 * Looks every few milliseconds at what waits for time to spare, from the call of the function that it gives, for as long
 * as `look` says that something still waits.
 */
export function createLooks(watch: SpareTime, look: (hasTime: boolean) => boolean): () => void {
  let timer: NodeJS.Timeout | undefined;
  function lookOn(hasTime: () => boolean): void {
    timer = undefined;
    if (look(hasTime())) begin();
  }
  function begin(): void {
    timer ??= setTimeout(lookOn, LOOK_MS, watch());
  }
  return begin;
}
