import type { Health } from '../schema/health.ts';

/** When an integration is taken out, with every default filled in. */
export interface HealthSettings {
  windowMs: number;
  minRequests: number;
  /** Above 0, at most 1. */
  failureShare: number;
  coolingMs: number;
}

/** What can fail: a question (a ping, a check, an enrichment), or the post of a lead. */
export type RequestKind = 'ask' | 'post';

/** Requests of one integration that said something about it. */
export interface HealthCounts {
  asks: number;
  askFailures: number;
  posts: number;
  postFailures: number;
}

/** What took an integration out. */
export interface Failing {
  kind: RequestKind;
  requests: number;
  failures: number;
}

/** The settings of an integration; its own go before its campaign's, one by one. Undefined: it is never taken out. */
export function healthSettings(own: Health | undefined, campaign: Health | undefined): HealthSettings | undefined {
  if (own === false || (own === undefined && campaign === false)) return undefined;
  const { windowSeconds = 60, minRequests = 20, failureShare = 0.5, coolingSeconds = 30 } = { ...campaign, ...own };
  return { windowMs: windowSeconds * 1000, minRequests, failureShare, coolingMs: coolingSeconds * 1000 };
}

/**
 * Whether so much failed that the integration is better left alone. Questions and posts are judged apart: who answers
 * every ping and hangs at every post fails.
 */
export function failing({ minRequests, failureShare }: HealthSettings, counts: HealthCounts): Failing | undefined {
  const { asks, askFailures, posts, postFailures } = counts;
  const kinds: Failing[] = [
    { kind: 'post', requests: posts, failures: postFailures },
    { kind: 'ask', requests: asks, failures: askFailures },
  ];
  return kinds.find(({ requests, failures }) => requests >= minRequests && failures >= failureShare * requests);
}

/** No answer, or none to be read, for a reason on the other side. */
const FAILURES = new Set([
  ...['dns_failed', 'connect_failed', 'connect_timeout', 'tls_failed', 'pool_busy'],
  ...['host_key_mismatch', 'login_refused'],
  ...['timeout', 'reset', 'truncated', 'too_large', 'bad_response', 'decompression_failed'],
  // An answer that the mapping calls an error, and to a post one that it does not know.
  ...['buyer_error', 'unrecognised_answer'],
]);

/**
 * Whether a request speaks against its integration. `code` is why it came to nothing; undefined: it was answered.
 *
 * @returns undefined when it says nothing: it could not be made, or this node was too slow or stopping
 */
export function speaksAgainst(code: string | undefined): boolean | undefined {
  if (code === undefined) return false;
  return FAILURES.has(code) || code.startsWith('http_') ? true : undefined;
}
