import type { PostbackTime } from '../../rules/postback/time.ts';

/** A clock that stands ahead by every pause that was to be waited: the server's timers run for an instant instead. */
export function createMovedTime() {
  let moved = 0;
  const time: PostbackTime = {
    now: () => Date.now() + moved,
    timer(pauseMs) {
      moved += pauseMs;
      return 1;
    },
  };
  return { ...time, moved: () => moved };
}
