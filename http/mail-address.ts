import { randomUUID } from 'node:crypto';
import type { OutboundNotSent, OutboundRequest } from './contract.ts';
import type { Mail, Mailer } from './mail.ts';
import type { Outbound } from './outbound.ts';

/** The mail server wants it later: over HTTP that would be 503. */
const LATER = 503;
/** The same, said so that nobody takes it for an answer that leaves open whether the lead got there. */
const NOT_TAKEN = 429;

/**
 * Requests to `mailto:` addresses go to the mail server, all others to the web: to whom it goes and its subject stand in
 * the address, the body is its text. 200: the server has it; 422: it refuses it for good; 429: it did not take it now.
 */
export function withMail(outbound: Outbound, mailer: Mailer, now: () => number = Date.now): Outbound {
  return {
    close: () => outbound.close(),
    async send(request) {
      if (!request.url.startsWith('mailto:')) return outbound.send(request);
      // Whoever was held up since its fence was raised may no longer be the one that posts.
      if (request.sendBy !== undefined && now() > request.sendBy) return tooLate(request);
      const result = await mailer.send(mailOf(request));
      return result.kind === 'response' && result.status === LATER ? { ...result, status: NOT_TAKEN } : result;
    },
  };
}

function mailOf({ url, headers, body, timeoutMs }: OutboundRequest): Mail {
  const { pathname, searchParams } = new URL(url);
  return {
    to: decodeURIComponent(pathname)
      .split(',')
      .map((address) => address.trim()),
    subject: searchParams.get('subject') ?? '',
    text: String(body ?? ''),
    id: headers['idempotency-key'] ?? randomUUID(),
    // The server may take it thrice, to connect, to greet and to answer: together no longer than the request may.
    timeoutMs: Math.ceil(timeoutMs / 3),
  };
}

function tooLate({ url, headers }: OutboundRequest): OutboundNotSent {
  const code = 'send_by_passed';
  const exchange = { method: 'SMTP', url, requestHeaders: headers, requestBody: '', code } as const;
  return { kind: 'not_sent', code, durationMs: 0, exchange: () => ({ ...exchange, startedAt: new Date(), durationMs: 0 }) };
}
