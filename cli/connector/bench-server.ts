import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ZodError } from 'zod';
import type { Outbound } from '../../http/outbound.ts';
import { ACCESS_TOKEN } from '../../rules/connector/authentication.ts';
import type { Connector, Subject } from '../../sdk/index.ts';
import { findingsOf, readOwn } from './folder.ts';
import { readTrial, sendOut, tryOut } from './workbench.ts';

/** The page of one connector, on loopback. */
export interface Bench {
  url: string;
  stop(): Promise<void>;
}

const PAGE = new URL('bench.html', import.meta.url);
const LOOK_EVERY_MS = 300;
const MAX_BODY = 2 * 1024 * 1024;

/** Serves the page. It reads the folder anew for each question, so that it always shows what is there. */
export async function startBench(
  folder: URL,
  { outbound, port }: { outbound: Outbound; port: number },
): Promise<Bench> {
  const listeners = new Set<ServerResponse>();
  let seen = stateOf(folder);
  const watcher = setInterval(() => {
    const now = stateOf(folder);
    if (now === seen) return;
    seen = now;
    for (const listener of listeners) listener.write('data: changed\n\n');
  }, LOOK_EVERY_MS);

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      const isTheirs = error instanceof ZodError || error instanceof SyntaxError;
      if (!response.headersSent) send(response, isTheirs ? 400 : 500, { error: isTheirs ? 'unreadable' : 'failed' });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Another site's page could reach this one, also under a name of its own.
    const { host = '', origin } = request.headers;
    if (!hosts().includes(host) || (origin !== undefined && origin !== `http://${host}`))
      return send(response, 403, { error: 'not_from_here' });
    const route = `${request.method} ${request.url?.split('?')[0]}`;
    switch (route) {
      case 'GET /':
        return page(response);
      case 'GET /changes':
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write('\n');
        listeners.add(response);
        return void response.on('close', () => listeners.delete(response));
      case 'GET /connector':
        return send(response, 200, viewOf(await readOwn(folder)));
      case 'GET /findings':
        return send(response, 200, await findingsOf(await readOwn(folder)));
      case 'POST /try':
        return send(response, 200, await tryOut(await readOwn(folder), readTrial(await bodyOf(request))));
      case 'POST /send':
        return send(response, 200, await sendOut(await readOwn(folder), readTrial(await bodyOf(request)), outbound));
      default:
        return send(response, 404, { error: 'not_found' });
    }
  }

  function hosts(): string[] {
    const { port: own } = server.address() as AddressInfo;
    return [`127.0.0.1:${own}`, `localhost:${own}`];
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://${hosts()[0]}/`,
    stop() {
      clearInterval(watcher);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** What the page fills its forms with. */
function viewOf({ connector, issues, fixtures, unread }: Subject) {
  return {
    connector: connector && {
      ...{ id: connector.id, title: connector.title, description: connector.description },
      ...{ config: formOf(connector), operations: Object.keys(connector.operations) },
    },
    issues,
    unread,
    fixtures: fixtures.map(({ file, fixture }) => ({ file, fixture })),
  };
}

/** With OAuth 2.0 a node gets the access token; to send a request from here, somebody has to. */
function formOf({ config, authentication }: Connector): Connector['config'] {
  if (!authentication?.kind.startsWith('oauth2')) return config;
  const token = { type: 'string', title: 'Access token, to send it', secret: true } as const;
  return { ...config, properties: { ...config.properties, [ACCESS_TOKEN]: token } };
}

function page(response: ServerResponse): void {
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; connect-src 'self'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
  response.end(readFileSync(PAGE, 'utf8').replaceAll('__NONCE__', nonce));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length']) > MAX_BODY) throw new SyntaxError('too long');
  return json(request);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** Changes whenever a file of the connector does. */
function stateOf(folder: URL): string {
  const files = ['', 'test/exemplary/', 'test/supplemental/'].flatMap((place) => {
    try {
      const at = new URL(place, folder);
      return readdirSync(at).map((name) => {
        const { mtimeMs, size } = statSync(new URL(encodeURIComponent(name), at));
        return `${place}${name} ${mtimeMs} ${size}`;
      });
    } catch {
      return []; // It is being replaced, or is not there.
    }
  });
  return files.join('\n');
}
