import type { Logger } from '../log/logger.ts';

/** Something a node does again and again beside its leads. */
export interface Periodic {
  run(): void;
  stop(): void;
}

/**
 * Does `work` every so often: never twice at once, and again later when it fails. Every node does it, so it has to be
 * harmless to repeat.
 */
export function createPeriodic(work: () => Promise<unknown>, everyMs: number, log: Logger): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let working = false;

  async function workOnce(): Promise<void> {
    if (working) return;
    working = true;
    try {
      await work();
    } catch (error) {
      log.warn({ code: 'sweep_failed', fault: error instanceof Error ? error.name : '' }, 'sweep will be repeated');
    } finally {
      working = false;
    }
  }

  return {
    run(): void {
      timer = setInterval(() => void workOnce(), everyMs);
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
