import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { errorBody } from './middleware/errors.ts';

/** Bounds on slow senders, in milliseconds. */
export interface Patience {
  /** Until the headers of a request are there. Default 10 s. */
  headersMs?: number;
  /** Until the whole request is there. Default 20 s. */
  requestMs?: number;
  /** How often connections are looked at for these two. Default 2 s. */
  checkMs?: number;
}

export interface ListenOptions extends Patience {
  host: string;
  /** 0: a free one. */
  port: number;
}

/** Serves HTTP. What Node refuses before a request exists is answered in the shape of every other error. */
export function listen(
  handler: RequestListener,
  { host, port, headersMs = 10_000, requestMs = 20_000, checkMs = 2_000 }: ListenOptions,
): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
      // The check is ours (middleware/request-form.ts): Node's own answer has no body.
      requireHostHeader: false,
    },
    handler,
  );
  // Connections whose request was answered before all of it was there.
  const answered = new WeakSet<Duplex>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answered.delete(request.socket);
    response.once('finish', () => request.complete || answered.add(request.socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || answered.has(socket) || hasBegunAnswer(socket)) socket.destroy();
    else refuse(socket, REFUSALS[error.code ?? ''] ?? 'bad_request');
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, 'method_not_allowed'));
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', handler);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes no new connections, waits for the leads in flight until `deadline` (epoch ms), then ends what is left. */
export async function closeServer(server: Server, inFlight: () => number, deadline: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  while (inFlight() > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  server.closeAllConnections();
  await closed;
}

type Refusal = 'bad_request' | 'request_timeout' | 'headers_too_large' | 'body_too_large' | 'method_not_allowed';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Bytes of an answer on the wire: another status line behind them would be read as part of it. */
function hasBegunAnswer(socket: Duplex & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

/** Answers on the bare connection, and ends it. */
function refuse(socket: Duplex, code: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const error = new LeadwireError(code);
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(error.retryable ? ['retry-after: 1'] : []),
    'connection: close',
  ];
  socket.on('error', () => undefined);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => (socket as Socket).destroySoon());
}
