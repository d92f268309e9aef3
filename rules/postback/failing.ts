const DAY_MS = 24 * 60 * 60_000;

/** An endpoint that has taken nothing for this long is switched off. */
export const OFF_AFTER_MS = 5 * DAY_MS;
/** The longest pause of the retry schedule is a day and a bit: failures further apart say nothing of the time between. */
const STREAK_GAP_MS = 2 * DAY_MS;
const MIN_FAILURES = 5;

/** Whether a failure belongs to those before it. */
export function isSameStreak(lastFailureAt: Date, now: Date): boolean {
  return now.getTime() - lastFailureAt.getTime() <= STREAK_GAP_MS;
}

/** Whether an endpoint has failed for so long that it is off from now on. */
export function isFailingTooLong(failingSince: Date, failures: number, now: Date): boolean {
  return failures >= MIN_FAILURES && now.getTime() - failingSince.getTime() >= OFF_AFTER_MS;
}
