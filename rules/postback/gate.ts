/** Attempts that a node makes at one endpoint at a time, and at one that has not answered lately. */
const AT_ONCE = 8;
const AT_ONCE_FAILING = 2;
/** Attempts without an answer, one after the other, that make an endpoint count as failing. */
const FAILING_AFTER = 5;
const LONGEST_WAIT_MS = 10 * 60_000;
const SHORTEST_WAIT_MS = 500;

interface Gate {
  inside: number;
  /** How long an attempt takes of late, in milliseconds. */
  tookMs: number;
  unanswered: number;
  /** When the last one that was turned away is due: the next gets its place after it. */
  nextAt: number;
}

/** An attempt was let in; `leave` says whether it was answered. */
export interface Admission {
  leave(answered: boolean): void;
}

/**
 * Keeps one slow or dead endpoint from taking up the attempts of all others: who is turned away learns when there will
 * be room, one after the other, and holds nothing meanwhile.
 */
export function createGates(now: () => number = Date.now) {
  const gates = new Map<string, Gate>();

  function gateOf(endpoint: string): Gate {
    const found = gates.get(endpoint);
    if (found) return found;
    const made: Gate = { inside: 0, tookMs: 250, unanswered: 0, nextAt: 0 };
    gates.set(endpoint, made);
    return made;
  }

  return {
    /** @returns an admission, or for how many milliseconds to stay away */
    enter(endpoint: string): Admission | number {
      const gate = gateOf(endpoint);
      const room = gate.unanswered >= FAILING_AFTER ? AT_ONCE_FAILING : AT_ONCE;
      const at = now();
      if (gate.inside >= room) {
        gate.nextAt = Math.max(gate.nextAt, at) + gate.tookMs / room;
        return Math.round(Math.min(Math.max(gate.nextAt - at, SHORTEST_WAIT_MS), LONGEST_WAIT_MS));
      }
      gate.inside++;
      return {
        leave(answered) {
          gate.inside--;
          gate.tookMs = gate.tookMs * 0.8 + (now() - at) * 0.2;
          gate.unanswered = answered ? 0 : gate.unanswered + 1;
        },
      };
    },
  };
}
export type Gates = ReturnType<typeof createGates>;
