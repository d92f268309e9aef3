import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service on loopback that misbehaves as the first part of the path says. */
export interface Misbehaving {
  /** The address of a request here, with its path and query. */
  at(how: Misbehaviour, url: string): string;
  stop(): Promise<void>;
}
export type Misbehaviour = keyof typeof BEHAVIOURS;

const CHUNK = Buffer.alloc(1024 * 1024, ' ');

const BEHAVIOURS = {
  fine: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  },
  reset: (response: ServerResponse) => {
    response.socket?.resetAndDestroy();
  },
  /** Nothing is ever answered. */
  timeout: () => undefined,
  truncated: (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"status":', () => response.socket?.destroy());
  },
  '10mb': (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"status":"');
    for (let megabyte = 0; megabyte < 10; megabyte += 1) response.write(CHUNK);
    response.end('"}');
  },
} as const;

export async function startMisbehaving(): Promise<Misbehaving> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => behave(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    at(how, url) {
      const { pathname, search } = new URL(url);
      // An address to mail to has no slash before its path.
      return `${origin}/${how}/${pathname.replace(/^\//, '')}${search}`;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function behave(request: IncomingMessage, response: ServerResponse): void {
  const how = request.url?.split('/')[1] ?? '';
  response.on('error', () => undefined);
  BEHAVIOURS[how in BEHAVIOURS ? (how as Misbehaviour) : 'fine'](response);
}
