import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { ConnectFailure, errorCode } from './failures.ts';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Resolves a host name to all of its addresses; rejects when it has none. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface ConnectorOptions {
  allows: (ip: string) => boolean;
  lookup: Lookup;
  /** PEM certificates trusted beside the usual authorities. */
  ca?: string;
}

/** A socket that takes longer is given up, whatever the deadline of the request that asked for it. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long one of a name's addresses may take before the next one is tried. */
const NEXT_ADDRESS_AFTER_MS = 500;

/** Opens sockets to vetted addresses only; every failure it reports is a {@link ConnectFailure}. */
export function createConnector({ allows, lookup, ca }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    lookup: createVettedLookup(allows, lookup),
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  });
  return (target, callback) => {
    // A literal address is connected to without a lookup.
    if (isIP(target.hostname) !== 0 && !allows(target.hostname)) {
      callback(new ConnectFailure('address_refused'), null);
      return;
    }
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(toConnectFailure(error, target.protocol), null);
    });
  };
}

/**
 * Opens plain sockets to vetted addresses, for what is not HTTP. The promise rejects with a {@link ConnectFailure}; a
 * signal that is aborted closes the socket whenever that happens.
 */
export function createOpener({ allows, lookup }: Pick<ConnectorOptions, 'allows' | 'lookup'>) {
  const vetted = createVettedLookup(allows, lookup);
  return async (target: { hostname: string; port: number }, signal: AbortSignal): Promise<Socket> => {
    if (isIP(target.hostname) !== 0 && !allows(target.hostname)) throw new ConnectFailure('address_refused');
    const socket = connect({
      ...{ host: target.hostname, port: target.port, lookup: vetted },
      ...{ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS },
    });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(toConnectFailure(error, '')));
      socket.once('close', () => reject(new ConnectFailure('connect_timeout')));
      socket.once('connect', () => resolve(socket));
    });
  };
}

/**
 * The lookup that sockets are opened with, so the address that was vetted is the one connected to. One bad address
 * refuses the name: which of them is used is not ours to choose. Lookups of one name under way at a time share one
 * query, because a name server that hangs would otherwise take every thread that resolves names.
 */
function createVettedLookup(allows: (ip: string) => boolean, lookup: Lookup): LookupFunction {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[] | ConnectFailure>>();

  const resolve = async (hostname: string): Promise<readonly ResolvedAddress[] | ConnectFailure> => {
    try {
      const addresses = await lookup(hostname);
      if (addresses.length === 0) return new ConnectFailure('dns_failed');
      return addresses.every(({ address }) => allows(address)) ? addresses : new ConnectFailure('address_refused');
    } catch (error) {
      return new ConnectFailure('dns_failed', errorCode(error));
    } finally {
      underWay.delete(hostname);
    }
  };

  return (hostname, options, callback) => {
    let answer = underWay.get(hostname);
    if (answer === undefined) {
      answer = resolve(hostname);
      underWay.set(hostname, answer);
    }
    void answer.then((found) => {
      if (found instanceof ConnectFailure) callback(found, '');
      else if (options.all === true) callback(null, [...found]);
      else callback(null, found[0]?.address ?? '', found[0]?.family);
    });
  };
}

function toConnectFailure(error: Error, protocol: string): ConnectFailure {
  if (error instanceof ConnectFailure) return error;
  const code = errorCode(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return new ConnectFailure('connect_timeout', code);
  // Errors of the connection itself name the system call, or gather one error for each address that was tried.
  const ofConnection = error instanceof AggregateError || ('syscall' in error && error.syscall === 'connect');
  return new ConnectFailure(protocol === 'https:' && !ofConnection ? 'tls_failed' : 'connect_failed', code);
}
