/** The time that postbacks go by: that of the machine, unless a test moves it over the months of an outage. */
export interface PostbackTime {
  /** Epoch milliseconds. */
  now(): number;
  /** How long the server's timer has to run for a pause of so many milliseconds. */
  timer(pauseMs: number): number;
}

export const MACHINE_TIME: PostbackTime = { now: Date.now, timer: (pauseMs) => pauseMs };
