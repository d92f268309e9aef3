import { randomUUID } from 'node:crypto';
import { createTeller, isTooLate } from './carried.ts';
import type { OutboundRequest } from './contract.ts';
import type { Mail, Mailer } from './mail.ts';
import type { Outbound } from './outbound.ts';

/** What the mail server says, as an answer that no proxy's page could be taken for; 503 would leave it open for HTTP. */
const ANSWERS = new Map([
  [200, { status: 200, mail: 'taken' }],
  [422, { status: 422, mail: 'refused' }],
  [503, { status: 429, mail: 'not_now' }],
]);

const LATE = Promise.resolve({ kind: 'not_sent', code: 'send_by_passed' } as const);

/**
 * Requests to `mailto:` addresses go to the mail server, all others to the web: to whom it goes and its subject stand in
 * the address, the body is its text. The answer is `{"mail": …}`: `taken`, `refused` for good, or `not_now`.
 */
export function withMail(outbound: Outbound, mailer: Mailer, now: () => number = Date.now): Outbound {
  const tell = createTeller('SMTP');
  return {
    close: () => outbound.close(),
    async send(request) {
      if (!request.url.startsWith('mailto:')) return outbound.send(request);
      if (isTooLate(request, now)) return tell(request, LATE);
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
