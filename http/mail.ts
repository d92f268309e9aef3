import { performance } from 'node:perf_hooks';
import { createTransport } from 'nodemailer';
import type { OutboundResult } from './contract.ts';
import { errorCode } from './failures.ts';

export interface Mail {
  to: readonly string[];
  subject: string;
  text: string;
  /** The same on every attempt: what mail programs tell a repetition by. */
  id: string;
  timeoutMs: number;
}

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. Absent: nothing can be mailed. */
  smtpUrl: string | undefined;
  from: string;
}

export interface Mailer {
  /**
   * Hands a mail to the server, once. Says what came of it as a request over HTTP would, so that the same rules of trying
   * again hold: 200 when it was taken, 422 when it was refused for good, 503 when the server wants it later.
   */
  send(mail: Mail): Promise<OutboundResult>;
}

const TAKEN = 200;
const REFUSED = 422;
const LATER = 503;

/**
 * The one client that sends mail. The server is the operator's own, from the environment and not from a configuration
 * that others may edit: it may stand in a private network. A server that offers TLS is spoken to over TLS.
 */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const host = smtpUrl === undefined ? '' : new URL(smtpUrl).host;
  return {
    async send(mail) {
      const { to, subject, text } = mail;
      const startedAt = new Date();
      const begun = performance.now();
      const said = smtpUrl === undefined ? NOWHERE : await handOver(smtpUrl, from, mail);
      const durationMs = Math.round(performance.now() - begun);
      const heard = {
        ...(said.kind === 'response' ? { status: said.status } : { code: said.code }),
        ...(said.detail === undefined ? {} : { detail: said.detail }),
      };
      const request = { method: 'SMTP', url: host, requestHeaders: { to: to.join(', '), subject }, requestBody: text };
      const exchange = () => ({ ...request, ...heard, startedAt, durationMs });
      if (said.kind !== 'response') return { ...said, durationMs, exchange };
      return { kind: 'response', status: said.status, headers: {}, body: Buffer.alloc(0), durationMs, exchange };
    },
  };
}

async function handOver(url: string, from: string, { to, subject, text, id, timeoutMs }: Mail): Promise<Said> {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const messageId = `<${id.replace(/[^\w.-]/g, '-')}@leadwire>`;
    await transport.sendMail({ from, to: [...to], subject, text, messageId });
    return { kind: 'response', status: TAKEN };
  } catch (error) {
    return saidBy(error);
  } finally {
    transport.close();
  }
}

type Said =
  | { kind: 'response'; status: number; detail?: string }
  | { kind: 'not_sent'; code: 'connect_failed' | 'tls_failed' | 'invalid_url'; detail?: string }
  | { kind: 'ambiguous'; code: 'timeout' | 'reset'; detail?: string };

/** There is no server to hand it to. */
const NOWHERE: Said = { kind: 'not_sent', code: 'invalid_url', detail: 'LEADWIRE_SMTP_URL is not set' };

/** What went wrong, as a code: the server's own words may quote addresses. */
function saidBy(error: unknown): Said {
  const detail = errorCode(error);
  const reply = (error as { responseCode?: unknown }).responseCode;
  if (typeof reply === 'number')
    return { kind: 'response', status: reply >= 500 ? REFUSED : LATER, detail: String(reply) };
  if (detail === 'ETLS') return { kind: 'not_sent', code: 'tls_failed', detail };
  if (detail === 'ECONNECTION' || detail === 'ESOCKET' || detail === 'EDNS') {
    return { kind: 'not_sent', code: 'connect_failed', detail };
  }
  return { kind: 'ambiguous', code: detail === 'ETIMEDOUT' ? 'timeout' : 'reset', detail };
}
