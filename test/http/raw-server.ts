import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A connection as the server saw it. */
export interface Connection {
  socket: Socket;
  received: string;
  closed: boolean;
}

export interface RawServer {
  port: number;
  url: string;
  connections: Connection[];
  close(): Promise<void>;
}

/** A TCP server on 127.0.0.1 that keeps every byte it receives; `answer` is called for each complete request. */
export async function startRawServer(answer: (socket: Socket, connection: Connection) => void): Promise<RawServer> {
  const connections: Connection[] = [];
  const server = createServer((socket) => {
    const connection: Connection = { socket, received: '', closed: false };
    connections.push(connection);
    socket.on('error', () => undefined);
    socket.on('close', () => (connection.closed = true));
    let answered = 0;
    socket.on('data', (chunk) => {
      connection.received += chunk.toString('latin1');
      const length = requestLength(connection.received.slice(answered));
      if (length === undefined) return;
      answered += length;
      answer(socket, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    connections,
    close: async () => {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The length of the request that the text begins with, or undefined while it is incomplete. */
function requestLength(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const body = Number(/content-length: (\d+)/.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + body ? head + 4 + body : undefined;
}

/** Waits until the condition holds; fails after `withinMs`. */
export async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Not so within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
