import { performance } from 'node:perf_hooks';
import type { Middleware } from 'koa';
import type { Outbound } from '../../http/outbound.ts';
import { createLooks, type SpareTime } from '../spare-time.ts';

/** Leads and pings that are worked on at a time, unless the node has time for more. */
const AT_WORK = 2;
/** An answer that is there by then was not waited for: its lead is being worked on all the time. */
const PROMPT_MS = 20;
/** Nobody waits longer for a turn. */
const PATIENCE_MS = 100;

/**
 * Leads and pings that come in a burst are worked on one after another, in their order: worked on all at once, each
 * would be done when the last one is. The next one's turn comes when one is answered or waits for its buyers, when the
 * node has time to spare, or after a tenth of a second.
 */
export function createTurns(watch: SpareTime, patienceMs = PATIENCE_MS) {
  const queue: { since: number; go: () => void }[] = [];
  let atWork = 0;

  function goOn(): void {
    const first = queue.shift();
    if (!first) return;
    atWork++;
    first.go();
  }

  function makeRoom(): void {
    atWork--;
    if (atWork < AT_WORK) goOn();
  }

  function isDue(): boolean {
    const [first] = queue;
    return first !== undefined && performance.now() - first.since > patienceMs;
  }

  const beginLooks = createLooks(watch, (hasTime) => {
    if (hasTime) goOn();
    while (isDue()) goOn();
    return queue.length > 0;
  });

  return {
    /** Waits for a turn. Whoever had one leaves. */
    async take(): Promise<void> {
      if (atWork < AT_WORK) {
        atWork++;
        return;
      }
      await new Promise<void>((go) => {
        queue.push({ since: performance.now(), go });
        beginLooks();
      });
    },
    leave: makeRoom,
    /** The client of one lead or ping: while it waits for an answer that does not come at once, others are worked on. */
    makingRoom(outbound: Outbound): Outbound {
      let underWay = 0;
      let isAway = false;
      let patience: NodeJS.Timeout | undefined;
      const goAway = (): void => {
        isAway = true;
        makeRoom();
      };
      const comeBack = (): void => {
        if (--underWay > 0) return;
        clearTimeout(patience);
        if (isAway) atWork++;
        isAway = false;
      };
      return {
        ...outbound,
        send(request) {
          if (++underWay === 1) patience = setTimeout(goAway, PROMPT_MS);
          return outbound.send(request).finally(comeBack);
        },
      };
    },
  };
}
export type Turns = ReturnType<typeof createTurns>;

/** Lets requests go on in turn. */
export function inTurn(turns: Turns): Middleware {
  return async (_context, next) => {
    await turns.take();
    try {
      await next();
    } finally {
      turns.leave();
    }
  };
}
