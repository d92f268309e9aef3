const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The pauses between the attempts of one postback, as Standard Webhooks recommends them: ten attempts in three days. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A pause is longer than planned by up to this part of it, so that what failed together is not tried together again. */
const JITTER = 0.2;
const LONGEST_MS = 24 * HOUR;

/**
 * How long to wait before the next attempt, in milliseconds; undefined when there is none.
 *
 * @param attempts how many there have been
 * @param draw from 0 to 1
 * @param retryAfterMs what the endpoint asked for; it can only lengthen the pause, and to no more than a day
 */
export function pauseAfter(attempts: number, draw: number, retryAfterMs = 0): number | undefined {
  const planned = PAUSES_MS[attempts - 1];
  if (planned === undefined) return undefined;
  const wanted = Math.max(planned * (1 + draw * JITTER), retryAfterMs);
  return Math.round(Math.min(wanted, Math.max(LONGEST_MS, planned * (1 + draw * JITTER))));
}

/** `Retry-After` in milliseconds, from seconds or a date; undefined when it is neither. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * SECOND;
  // Only the form with a day's name is a date of HTTP: others would let a bare number pass for a year.
  const at = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

export type Verdict = 'delivered' | 'gone' | 'refused' | 'again';

/** What an endpoint's status means for its postback. A redirect is not followed: the address can be corrected. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  if (status === 408 || status === 425 || status === 429) return 'again';
  return status >= 400 && status < 500 ? 'refused' : 'again';
}
