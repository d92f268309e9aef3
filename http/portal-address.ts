import { createTeller, isTooLate, type Carried } from './carried.ts';
import type { OutboundRequest } from './contract.ts';
import type { Outbound } from './outbound.ts';

/** A lead that is to be kept for its buyer. */
export interface PortalOrder {
  /** Id of the delivery that it is: it is kept once, however often it is asked for. */
  delivery: string;
  /** What the buyer gets to see. */
  payload: Record<string, unknown>;
  /** Days after which it counts as forgotten. */
  expireDays?: number;
}

export interface PortalDesk {
  /** Resolves once the lead is durably there; rejects when that cannot be known. */
  keep(order: PortalOrder): Promise<void>;
}

const HOST = 'leadwire';
/** A lead has some hundred short fields. */
const MOST_BYTES = 256 * 1024;

/**
 * Posts to `portal://leadwire/` are kept here, for the buyer to fetch. The body is a JSON object: what it will see. The
 * answer is `{"portal": …}`: `kept`, or `refused` for a body that is none or too large.
 */
export function withPortal(outbound: Outbound, desk: PortalDesk, now: () => number = Date.now): Outbound {
  const tell = createTeller('PORTAL');
  return {
    close: () => outbound.close(),
    send: (request) => (request.url.startsWith('portal:') ? tell(request, keep(request)) : outbound.send(request)),
  };

  async function keep(request: OutboundRequest): Promise<Carried> {
    const { hostname, searchParams } = new URL(request.url);
    const { delivery } = request;
    if (hostname !== HOST || !delivery) return { kind: 'not_sent', code: 'invalid_url' };
    if (isTooLate(request, now)) return { kind: 'not_sent', code: 'send_by_passed' };
    const payload = payloadOf(request.body);
    if (!payload) return { kind: 'response', status: 422, body: { portal: 'refused' } };
    const days = Number(searchParams.get('expire_days'));
    try {
      await desk.keep({ delivery: delivery.id, payload, ...(days > 0 ? { expireDays: days } : {}) });
      return { kind: 'response', status: 200, body: { portal: 'kept' } };
    } catch {
      // It may be there all the same: the same delivery is asked for again.
      return { kind: 'ambiguous', code: 'timeout' };
    }
  }
}

function payloadOf(body: OutboundRequest['body'] = ''): Record<string, unknown> | undefined {
  if (Buffer.byteLength(body) > MOST_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(String(body));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
