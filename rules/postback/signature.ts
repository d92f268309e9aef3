import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PostbackSignature } from '../../schema/postback.ts';

/** How far a signed request's clock may be off, as Standard Webhooks has it. */
const TOLERANCE_SECONDS = 5 * 60;

/**
 * The headers of Standard Webhooks: the message's id, which is the same on every attempt, the time of this attempt, and
 * one `v1` signature for each secret. Without a secret there is no signature.
 *
 * @param at epoch milliseconds
 */
export function standardHeaders(
  id: string,
  at: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secrets.map((secret) => `v1,${signStandard(secret, id, timestamp, body)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length > 0 ? { 'webhook-signature': signatures.join(' ') } : {}),
  };
}

function signStandard(secret: string, id: string, timestamp: string, body: string | Buffer): string {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64');
}

/** `whsec_` and base64 stands for those bytes; any other secret for its own. */
function keyOf(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
}

/** What is signed of a request: the raw body, or of one without a body the query string as sent. */
export interface Signed {
  header(name: string): string | undefined;
  body: Buffer;
  querystring: string;
}

/**
 * Whether a request was signed with one of the secrets.
 *
 * @param now epoch milliseconds
 */
export function isSigned(
  { scheme = 'standard', header = 'x-signature', algorithm = 'sha256' }: PostbackSignature,
  secrets: readonly string[],
  request: Signed,
  now: number,
): boolean {
  const content = request.body.length > 0 ? request.body : Buffer.from(request.querystring);
  if (scheme === 'standard') return isStandard(secrets, request, content, now);
  const given = readDigest(request.header(header.toLowerCase()));
  if (!given) return false;
  return any(secrets, (secret) => same(createHmac(algorithm, secret).update(content).digest(), given));
}

function isStandard(secrets: readonly string[], { header }: Signed, content: Buffer, now: number): boolean {
  const id = header('webhook-id') ?? '';
  const timestamp = header('webhook-timestamp') ?? '';
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const given = (header('webhook-signature') ?? '')
    .split(' ')
    .slice(0, 10)
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length)));
  return any(secrets, (secret) => {
    const expected = Buffer.from(signStandard(secret, id, timestamp, content));
    return any(given, (signature) => same(expected, signature));
  });
}

/** A digest as senders write it: hex or base64, with or without its algorithm before it (`sha256=…`). */
function readDigest(header: string | undefined): Buffer | undefined {
  const text = header?.trim().replace(/^(?:sha\d+|v\d+)[=,:]\s*/i, '') ?? '';
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function same(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Looks at all of them, so that the time does not tell which one it was. */
function any<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  return items.map(test).includes(true);
}

/** Whether two secrets are the same, without telling by the time it takes how much of them is. */
export function isSameSecret(expected: string, given: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'leadwire').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
