import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBehaviours, type Behaviours } from './behaviour.ts';
import { createControl } from './control.ts';
import { deliver } from './delivery.ts';
import { destinationOf } from './directory.ts';
import { createExchange } from './exchange.ts';
import { createLog, type LogEntry, type LogFilter } from './log.ts';
import { json } from './wire.ts';

export type { Behaviour, Behaviours } from './behaviour.ts';
export type { LogEntry, LogFilter } from './log.ts';

export interface BuyersOptions {
  /** 0 takes a free port. */
  port: number;
  host?: string;
  /** JSON lines, appended. */
  logFile?: string;
}

/** The running buyers. */
export interface Buyers {
  url: string;
  /** Replaces how the buyer treats the operations named; throws a ZodError on a behaviour that does not exist. */
  setBehaviour(buyer: string, behaviours: Behaviours): void;
  /** That buyer, or every one, accepts again. */
  resetBehaviour(buyer?: string): void;
  log(filter?: LogFilter): LogEntry[];
  /** The buyers that accepted each lead, by the lead's reference; one that accepted twice is listed twice. */
  accepted(): Record<string, string[]>;
  /** Empties the log and what the buyers remember of it; behaviours stay. */
  clear(): void;
  /** Drops every connection and closes the log. */
  stop(): Promise<void>;
}

/** Starts the simulated buyers and services; rejects with the system's error when the port is taken. */
export async function startBuyers({ port, host = '127.0.0.1', logFile }: BuyersOptions): Promise<Buyers> {
  const log = createLog(logFile);
  const behaviours = createBehaviours();
  const exchange = createExchange({ log, behaviours, now: Date.now });
  const clear = (): void => {
    log.clear();
    exchange.forget();
  };
  const control = createControl({ log, behaviours, clear });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://buyers');
    if (url.pathname.startsWith('/control/')) return control.handle(url, request, response);
    const destination = destinationOf(url.pathname);
    if (destination) return exchange.handle(destination, url, request, response);
    return deliver(response, json({ error: 'nobody lives here' }, 404));
  }

  const server = createServer((request, response) => {
    // Writing to a client that has just left is no fault: it is what the clients under test do all day.
    response.on('error', () => response.destroy());
    route(request, response).catch((error: unknown) => {
      process.stderr.write(`simulated buyers: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  });
  // Idle sockets outlive any client's pool, so that the only resets are the ones a behaviour asks for.
  server.keepAliveTimeout = 120_000;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    log.close();
    throw error;
  }

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    setBehaviour: (buyer, told) => behaviours.set(buyer, told),
    resetBehaviour: (buyer) => behaviours.reset(buyer),
    log: (filter) => log.entries(filter),
    accepted: () => log.accepted(),
    clear,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      log.close();
    },
  };
}
