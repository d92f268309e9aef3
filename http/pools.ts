import type { Socket } from 'node:net';
import { Agent, Client, Pool, type buildConnector, type Dispatcher } from 'undici';

/** The connection a request was given: which socket, and since when nobody has used it (epoch ms). */
export interface Line {
  socket: Socket | undefined;
  idleSince: number;
}

/** A request that wants to know which line it got. */
export interface LineSeeker {
  line: Line | undefined;
}

export interface PooledRequest extends Dispatcher.DispatchOptions {
  seeker: LineSeeker;
}

export interface Pools {
  /** Sockets for pings and the like: kept for a few seconds. */
  readonly kept: Agent;
  /** Sockets for posts: closed after a second without use. */
  readonly fresh: Agent;
  /** Ends every socket and every request still on one. */
  destroy(): Promise<void>;
}

/** Longest time a socket for posts may be idle and still be used. */
export const FRESH_SOCKET_MS = 1_000;
const KEPT_SOCKET_MS = 4_000;
const KEPT_SOCKET_MAX_MS = 30_000;
/** Per origin, so that a buyer that hangs uses up its own sockets and nobody else's. */
const SOCKETS_PER_ORIGIN = 256;
const MAX_HEADER_BYTES = 16 * 1024;

/** One pool of sockets for each origin, in two kinds. Requests must be {@link PooledRequest}s. */
export function createPools(connector: buildConnector.connector, now: () => number): Pools {
  const createAgent = (keepAliveTimeout: number, keepAliveMaxTimeout: number): Agent =>
    new Agent({
      connect: connector,
      connections: SOCKETS_PER_ORIGIN,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout,
      keepAliveMaxTimeout,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Each request has one deadline of its own for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, options: Pool.Options) =>
        new Pool(origin, {
          ...options,
          factory: (poolOrigin, clientOptions: Client.Options) =>
            createLineClient(poolOrigin, { ...clientOptions, connect: connector }, now),
        }),
    });
  const kept = createAgent(KEPT_SOCKET_MS, KEPT_SOCKET_MAX_MS);
  const fresh = createAgent(FRESH_SOCKET_MS, FRESH_SOCKET_MS);
  return {
    kept,
    fresh,
    destroy: async () => {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

/** A client that tells each request its line before the request starts. */
class LineClient extends Client {
  readonly #line: Line;

  constructor(origin: URL, options: Client.Options, line: Line) {
    super(origin, options);
    this.#line = line;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    (options as PooledRequest).seeker.line = this.#line;
    return super.dispatch(options, handler);
  }
}

function createLineClient(
  origin: URL,
  options: Client.Options & { connect: buildConnector.connector },
  now: () => number,
): LineClient {
  const line: Line = { socket: undefined, idleSince: 0 };
  const connect: buildConnector.connector = (target, callback) => {
    options.connect(target, (...outcome) => {
      line.socket = outcome[1] ?? undefined;
      line.idleSince = now();
      callback(...outcome);
    });
  };
  return new LineClient(origin, { ...options, connect }, line);
}
