import { lookup as lookupAddresses } from 'node:dns/promises';
import { createAddressPolicy } from './address.ts';
import { createConnector, type Lookup } from './connector.ts';
import type { OutboundRequest, OutboundResult } from './contract.ts';
import { createExchangeRecorder } from './exchange.ts';
import { Call } from './handler.ts';
import { toSentHeaders } from './headers.ts';
import { createLanes } from './lanes.ts';
import { createPools, type PooledRequest } from './pools.ts';

export type * from './contract.ts';
export type { Lookup, ResolvedAddress } from './connector.ts';

export interface OutboundOptions {
  /** CIDRs or addresses that may be reached beside public unicast. A malformed one throws. */
  allowNetworks: readonly string[];
  /** Epoch ms. Default the system's clock. */
  now?: () => number;
  /** Default the system's resolver. */
  lookup?: Lookup;
  /** Requests of one lane that may be under way at a time. Default 192: fewer than a host has sockets. */
  lanePlaces?: number;
  /** PEM certificates trusted beside the usual authorities. */
  ca?: string;
}

export interface Outbound {
  /** Sends once: no redirects, no retries. Whatever goes wrong is a value, never an exception. */
  send(request: OutboundRequest): Promise<OutboundResult>;
  /** Refuses new requests, waits for those under way (each has its deadline) and closes every socket. */
  close(): Promise<void>;
}

const LANE_PLACES = 192;

/** The one client that every request to a configured URL passes. */
export function createOutbound(options: OutboundOptions): Outbound {
  const { now = Date.now, lookup = systemLookup, ca, lanePlaces = LANE_PLACES } = options;
  const addresses = createAddressPolicy(options.allowNetworks);
  const placeIn = createLanes(lanePlaces);
  const pools = createPools(createConnector({ allows: addresses.allows, lookup, ca }), now);
  const record = createExchangeRecorder();
  const underWay = new Set<Promise<OutboundResult>>();
  let closing: Promise<void> | undefined;

  const perform = (request: OutboundRequest): Promise<OutboundResult> =>
    new Promise((settle) => {
      const checked = addresses.checkUrl(request.url);
      const headers = toSentHeaders(request.headers);
      const dispatch = (call: Call): void => {
        if (!checked.ok || headers === undefined) return;
        const pool = request.freshSocket === true ? pools.fresh : pools.kept;
        const go = () => pool.dispatch(toPooledRequest(request, checked.url, headers, call), call);
        if (place) place.take(go);
        else go();
      };
      const kind = request.freshSocket === true ? 'fresh' : 'kept';
      const place = request.lane === undefined ? undefined : placeIn(`${kind}:${request.lane}`);
      const leaveAndSettle = (result: OutboundResult): void => {
        settle(result);
        place?.leave();
      };
      const call = new Call(request, headers ?? request.headers, { now, record, dispatch, settle: leaveAndSettle });
      if (closing !== undefined) call.notSent('pool_closed');
      else if (!checked.ok) call.notSent(checked.code);
      else if (headers === undefined) call.notSent('invalid_header');
      else call.start();
    });

  return {
    send: (request) => {
      const result = perform(request);
      underWay.add(result);
      void result.then(() => underWay.delete(result));
      return result;
    },
    close: () => {
      closing ??= Promise.all(underWay).then(() => pools.destroy());
      return closing;
    },
  };
}

function toPooledRequest(
  request: OutboundRequest,
  url: URL,
  headers: Record<string, string>,
  seeker: Call,
): PooledRequest {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers,
    body: request.body ?? null,
    seeker,
  };
}

const systemLookup: Lookup = (hostname) => lookupAddresses(hostname, { all: true });
