import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  /** Path and query as sent. */
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A server that keeps what it is sent, and answers as it is told: 200 unless a test says otherwise. */
export async function startReceiver() {
  const received: Received[] = [];
  let reply: (request: Received) => Reply | Promise<Reply> = () => ({ status: 200 });
  const server = createServer((request, response) => {
    void read(request).then(async (seen) => {
      received.push(seen);
      const { status, headers = {}, body = '' } = await reply(seen);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer(next: typeof reply): void {
      reply = next;
    },
    clear(): void {
      received.length = 0;
      reply = () => ({ status: 200 });
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  };
}
