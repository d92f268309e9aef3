import { createHmac, timingSafeEqual, type Hmac } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Grant } from '../../config/api-keys.ts';
import type { BodyState } from '../middleware/body.ts';
import type { AccessState } from '../middleware/access.ts';
import { unauthorized } from './credential.ts';

const TOLERANCE_MS = 5 * 60_000;
const MAX_SIGNATURES = 5;
const NOTHING = Buffer.alloc(0);

/** What of a request is signed, each part as it is sent. */
export interface SignedParts {
  /** Seconds since 1970. */
  timestamp: string;
  method: string;
  /** Path and query. */
  target: string;
  /** Empty without one. Signed, so that a copied request can be no second lead. */
  idempotencyKey: string;
  body: Buffer;
}

/** Hex HMAC-SHA256 over the parts, each but the body ended by a line feed, which none of them can hold. */
export function signatureOf(secret: string, { body, ...head }: SignedParts): string {
  return beginSignature(secret, head).update(body).digest('hex');
}

function beginSignature(
  secret: string,
  { timestamp, method, target, idempotencyKey }: Omit<SignedParts, 'body'>,
): Hmac {
  return createHmac('sha256', secret).update(`${timestamp}\n${method}\n${target}\n${idempotencyKey}\n`);
}

/** Checks the signature of a body that comes in pieces. */
export interface SignatureCheck {
  update(piece: Buffer): void;
  /** Behind the last piece. @throws LeadwireError `invalid_signature` */
  verify(): void;
}

/**
 * Begins to check a request; one of a key that demands no signature passes. One of its signatures has to be right for
 * one of the key's secrets.
 *
 * @throws LeadwireError `missing_signature`, `stale_signature`.
 */
export function checkSignature(context: Context, grant: Grant, now: () => number = Date.now): SignatureCheck {
  if (!grant.holder.signed) return { update: () => undefined, verify: () => undefined };
  const timestamp = context.get('x-leadwire-timestamp');
  const signatures = signaturesIn(context.get('x-leadwire-signature'));
  if (!/^\d{1,12}$/.test(timestamp) || signatures.length === 0) throw unauthorized('missing_signature');
  if (Math.abs(now() - Number(timestamp) * 1000) > TOLERANCE_MS) throw unauthorized('stale_signature');
  const { method = '', originalUrl: target } = context;
  const head = { timestamp, method, target, idempotencyKey: context.get('idempotency-key') };
  const begun = grant.signingSecrets().map((secret) => beginSignature(secret, head));
  return {
    update: (piece) => begun.forEach((hmac) => hmac.update(piece)),
    verify() {
      const right = begun.map((hmac) => hmac.digest());
      const isRight = (signature: Buffer) => right.some((expected) => timingSafeEqual(expected, signature));
      if (!signatures.some(isRight)) throw unauthorized('invalid_signature');
    },
  };
}

/**
 * Lets a request pass whose signature is right, where its key demands one. It stands behind the body's reader and
 * before whatever acts on the request.
 *
 * @throws LeadwireError `missing_signature`, `stale_signature`, `invalid_signature`.
 */
export function requireSignature(now: () => number = Date.now): Middleware<AccessState & Partial<BodyState>> {
  return async (context, next) => {
    const { grant, raw = NOTHING } = context.state;
    const check = checkSignature(context, grant, now);
    check.update(raw);
    check.verify();
    await next();
  };
}

/** `v1=<hex>`, several separated by commas; other versions are passed over. */
function signaturesIn(header: string): Buffer[] {
  return header
    .split(',')
    .flatMap((part) => /^\s*v1=([0-9a-f]{64})\s*$/i.exec(part)?.[1] ?? [])
    .slice(0, MAX_SIGNATURES)
    .map((hex) => Buffer.from(hex, 'hex'));
}
