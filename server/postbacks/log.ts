import type { LeadwireError } from '../../errors/leadwire-error.ts';
import { createExchangeRecorder } from '../../http/exchange.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { InboundPostback, PostbackDeps } from './receive.ts';

/** Exchanges that one delivery keeps in all: whoever holds its token can send any number of postbacks. */
const MOST_EXCHANGES = 30;

/** Adds a postback to its delivery's request log, trimmed and masked like everything in it. */
export async function keepPostback(
  { models, publicUrl }: PostbackDeps,
  delivery: string,
  { method, token, querystring, headers, body }: InboundPostback,
  error: LeadwireError | undefined,
): Promise<void> {
  const url = `${publicUrl}/api/postback/${token}${querystring ? `?${querystring}` : ''}`;
  // Of an integration's own address only the part behind the id is secret.
  const secret = token.slice(token.indexOf('.') + 1);
  const exchange = createExchangeRecorder()({
    request: { method: method as 'GET' | 'POST', url, headers, body, timeoutMs: 0, secrets: [secret] },
    requestHeaders: headers,
    startedAt: new Date(),
    durationMs: 0,
    status: error?.status ?? 200,
    ...(error ? { responseBody: Buffer.from(error.code) } : {}),
  });
  const room = { _id: delivery, erased: { $exists: false }, [`exchanges.${MOST_EXCHANGES - 1}`]: { $exists: false } };
  await untilAnswered(() =>
    models.deliveries.updateOne(room as never, { $push: { exchanges: JSON.stringify(exchange) } }),
  );
}
