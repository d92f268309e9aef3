import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { LeadwireError } from '../../errors/leadwire-error.ts';

/** Two of these are two requests in one, or somebody's attempt at it: which one counts is for nobody to guess. */
const ONCE = new Set([
  ...['host', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding'],
  ...['authorization', 'x-api-key', 'idempotency-key', 'origin'],
]);

/**
 * Refuses requests that could be read in two ways: no or two `host`, a header twice that may be there once, an address
 * with bare bytes beyond ASCII, or with percent-encoded bytes that are no UTF-8. A bare `%` stays what it is.
 */
export function requireForm(): Middleware {
  return async (context, next) => {
    requireHeaders(context.req);
    requireAddress(context.req.url ?? '');
    await next();
  };
}

function requireHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
  if (headers.host === undefined && httpVersion !== '1.0') {
    throw new LeadwireError('bad_request', { message: 'The host header is missing' });
  }
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) throw new LeadwireError('bad_request', { message: `The header ${name} is there twice` });
    seen.add(name);
  }
}

function requireAddress(url: string): void {
  if (/[^\x21-\x7e]/.test(url)) {
    throw new LeadwireError('bad_request', { message: 'Percent-encode the address' });
  }
  if (!url.includes('%')) return;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(url));
  } catch {
    throw new LeadwireError('invalid_encoding');
  }
}

function bytesOf(url: string): Buffer {
  const text = url.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
