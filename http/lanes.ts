/** A request's place among those of its name. */
export interface Place {
  /** Goes on at once, or when another has left; a second time at once. Never after `leave`. */
  take(go: () => void): void;
  /** Makes room for the next, or stops waiting. */
  leave(): void;
}

interface Lane {
  taken: number;
  /** In the order in which they came. */
  waiting: Set<() => void>;
}

/** Bounds how many requests of one name are under way at a time, so that what hangs takes no room from others. */
export function createLanes(most: number) {
  const lanes = new Map<string, Lane>();

  return function placeIn(name: string): Place {
    const lane = lanes.get(name) ?? { taken: 0, waiting: new Set() };
    lanes.set(name, lane);
    let start: (() => void) | undefined;
    let state: 'outside' | 'waiting' | 'taken' | 'left' = 'outside';
    return {
      take(go) {
        if (state === 'taken') return go();
        if (state !== 'outside') return;
        if (lane.taken < most) {
          lane.taken++;
          state = 'taken';
          return go();
        }
        state = 'waiting';
        start = () => {
          state = 'taken';
          go();
        };
        lane.waiting.add(start);
      },
      leave() {
        const before = state;
        state = 'left';
        if (before === 'waiting' && start) lane.waiting.delete(start);
        if (before === 'taken') {
          const [next] = lane.waiting;
          if (next) {
            lane.waiting.delete(next);
            next();
          } else lane.taken--;
        }
        if (lane.taken === 0 && lane.waiting.size === 0 && lanes.get(name) === lane) lanes.delete(name);
      },
    };
  };
}
