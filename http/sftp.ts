import { createHash } from 'node:crypto';
import { lookup as lookupAddresses } from 'node:dns/promises';
import SftpClient from 'ssh2-sftp-client';
import { createAddressPolicy } from './address.ts';
import { createTeller, isTooLate, type Carried } from './carried.ts';
import { createOpener, type Lookup } from './connector.ts';
import type { OutboundRequest } from './contract.ts';
import { ConnectFailure, errorCode } from './failures.ts';
import { createLanes } from './lanes.ts';
import type { Outbound } from './outbound.ts';
import { storeFile, statusOf, type SftpSession } from './sftp-file.ts';
import { readTarget, type SftpTarget } from './sftp-target.ts';

export interface SftpOptions {
  /** CIDRs or addresses that may be reached beside public unicast. A malformed one throws. */
  allowNetworks: readonly string[];
  /** Epoch ms. Default the system's clock. */
  now?: () => number;
  /** Default the system's resolver. */
  lookup?: Lookup;
}

/** Uploads of one integration under way at a time: many servers take about ten logins. */
const LANE_PLACES = 6;
const MOST_BYTES = 1024 * 1024;
/** Status codes of SFTP that say that it will not be otherwise next time: no such folder, not allowed, cannot do it. */
const FOR_GOOD = new Set([2, 3, 8]);

/**
 * Posts to `sftp:` addresses are files: the body is written beside the name that the address has, as `<name>.part`, and
 * then renamed, so that nobody finds half a file; one of the same name is replaced. A server is logged in to only when
 * its key has one of the fingerprints named. The answer is `{"sftp": …}`: `stored`, `refused` for good, or `not_now`.
 *
 * Up to the first byte of the file nothing was sent. From then on only what the server says of each step counts, and
 * what it says of a repetition tells nothing about the file that may be there from before.
 */
export function withSftp(outbound: Outbound, options: SftpOptions): Outbound {
  const { allowNetworks, now = Date.now, lookup = systemLookup } = options;
  const open = createOpener({ allows: createAddressPolicy(allowNetworks).allows, lookup });
  const placeIn = createLanes(LANE_PLACES);
  const tell = createTeller('SFTP');
  return {
    close: () => outbound.close(),
    send: (request) => (request.url.startsWith('sftp:') ? tell(request, carry(request)) : outbound.send(request)),
  };

  async function carry(request: OutboundRequest): Promise<Carried> {
    const target = readTarget(request);
    if (!target || Buffer.byteLength(request.body ?? '') > MOST_BYTES) return { kind: 'not_sent', code: 'invalid_url' };
    if (target.fingerprints.size === 0) return { kind: 'not_sent', code: 'host_key_mismatch' };
    const place = placeIn(request.lane ?? target.hostname);
    const limit = new AbortController();
    const upload: Upload = { request, target, stage: 'waiting', signal: limit.signal };
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<Carried>((resolve) => {
        timer = setTimeout(() => resolve(TIMED_OUT[upload.stage]), request.timeoutMs);
      });
      return await Promise.race([late, new Promise<void>((go) => place.take(go)).then(() => perform(upload))]);
    } finally {
      clearTimeout(timer);
      // Closes the socket: whatever is still under way writes nothing more.
      limit.abort();
      place.leave();
    }
  }

  async function perform(upload: Upload): Promise<Carried> {
    const { request, target, signal } = upload;
    signal.throwIfAborted();
    upload.stage = 'connecting';
    try {
      const socket = await open(target, signal);
      // Steps that are under way then are not always told.
      const gone = new Promise<never>((_, reject) => socket.once('close', () => reject(new Error('closed'))));
      gone.catch(() => undefined);
      const session = await logIn(target, socket, request.timeoutMs);
      signal.throwIfAborted();
      if (isTooLate(request, now)) return { kind: 'not_sent', code: 'send_by_passed' };
      upload.stage = 'sending';
      await Promise.race([gone, storeFile(session, target.path, Buffer.from(request.body ?? ''))]);
      return { kind: 'response', status: 200, body: { sftp: 'stored' } };
    } catch (error) {
      return upload.stage === 'sending' ? refusal(error, request) : notSent(error);
    }
  }
}

interface Upload {
  request: OutboundRequest;
  target: SftpTarget;
  stage: keyof typeof TIMED_OUT;
  signal: AbortSignal;
}

const TIMED_OUT = {
  waiting: { kind: 'not_sent', code: 'pool_busy' },
  connecting: { kind: 'not_sent', code: 'connect_timeout' },
  sending: { kind: 'ambiguous', code: 'timeout' },
} as const satisfies Record<string, Carried>;

/** @throws ConnectFailure */
async function logIn(target: SftpTarget, sock: NodeJS.ReadableStream, readyTimeout: number): Promise<SftpSession> {
  const { username, password, privateKey, passphrase, fingerprints } = target;
  const quiet = () => undefined;
  const client = new SftpClient('leadwire', { error: quiet, end: quiet, close: quiet });
  let reason: 'connect_failed' | 'host_key_mismatch' | 'login_refused' = 'connect_failed';
  client.on('error', (error: { level?: string }) => {
    if (error.level === 'client-authentication') reason = 'login_refused';
  });
  const hostVerifier = (key: Buffer): boolean => {
    const known = fingerprints.has(createHash('sha256').update(key).digest('base64').replace(/=+$/, ''));
    if (!known) reason = 'host_key_mismatch';
    return known;
  };
  try {
    return await client.connect({
      sock,
      username,
      password,
      privateKey,
      passphrase,
      readyTimeout,
      hostVerifier,
    } as never);
  } catch (error) {
    // A key that cannot be read is found before anything is sent.
    const unread = error instanceof Error && error.message.startsWith('Cannot parse privateKey');
    throw new ConnectFailure(unread ? 'login_refused' : reason, errorCode(error));
  }
}

function notSent(error: unknown): Carried {
  if (!(error instanceof ConnectFailure)) return { kind: 'not_sent', code: 'connect_failed' };
  const { reason: code, code: detail } = error;
  return { kind: 'not_sent', code, ...(detail === undefined ? {} : { detail }) };
}

/** What the server said about a step, or that the connection broke. */
function refusal(error: unknown, { delivery }: OutboundRequest): Carried {
  const status = statusOf(error);
  if (status === undefined) return { kind: 'ambiguous', code: 'reset' };
  const detail = `SFTP_${status}`;
  return FOR_GOOD.has(status) && delivery?.repeated !== true
    ? { kind: 'response', status: 422, body: { sftp: 'refused' }, detail }
    : { kind: 'response', status: 429, body: { sftp: 'not_now' }, detail };
}

const systemLookup: Lookup = (hostname) => lookupAddresses(hostname, { all: true });
