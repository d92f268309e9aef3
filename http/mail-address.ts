import { randomUUID } from 'node:crypto';
import type { OutboundNotSent, OutboundRequest } from './contract.ts';
import type { Mail, Mailer } from './mail.ts';
import type { Outbound } from './outbound.ts';

/** What the mail server says, as an answer that no proxy's page could be taken for; 503 would leave it open for HTTP. */
const ANSWERS = new Map([
  [200, { status: 200, mail: 'taken' }],
  [422, { status: 422, mail: 'refused' }],
  [503, { status: 429, mail: 'not_now' }],
]);

/**
 * Requests to `mailto:` addresses go to the mail server, all others to the web: to whom it goes and its subject stand in
 * the address, the body is its text. The answer is `{"mail": …}`: `taken`, `refused` for good, or `not_now`.
 */
export function withMail(outbound: Outbound, mailer: Mailer, now: () => number = Date.now): Outbound {
  return {
    close: () => outbound.close(),
    async send(request) {
      if (!request.url.startsWith('mailto:')) return outbound.send(request);
      // Whoever was held up since its fence was raised may no longer be the one that posts.
      if (request.sendBy !== undefined && now() > request.sendBy) return tooLate(request);
      const result = await mailer.send(mailOf(request));
      const answer = result.kind === 'response' ? ANSWERS.get(result.status) : undefined;
      if (result.kind !== 'response' || !answer) return result;
      const { status, mail } = answer;
      return { ...result, status, body: Buffer.from(JSON.stringify({ mail })) };
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
  return {
    kind: 'not_sent',
    code,
    durationMs: 0,
    exchange: () => ({ ...exchange, startedAt: new Date(), durationMs: 0 }),
  };
}
