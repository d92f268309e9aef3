import { performance } from 'node:perf_hooks';
import type { AmbiguousCode, NotSentCode, OutboundRequest, OutboundResult } from './contract.ts';
import { createExchangeRecorder } from './exchange.ts';

/** What became of a request that did not go out over HTTP, in the words of one that did. */
export type Carried =
  | { kind: 'response'; status: number; body: object; detail?: string }
  | { kind: 'not_sent'; code: NotSentCode; detail?: string }
  | { kind: 'ambiguous'; code: AmbiguousCode; detail?: string };

/** Makes results of what became of requests, with the exchange that operators read. `method`: how they were carried. */
export function createTeller(method: string) {
  const record = createExchangeRecorder();
  return async (request: OutboundRequest, carrying: Promise<Carried>): Promise<OutboundResult> => {
    const startedAt = new Date();
    const began = performance.now();
    const carried = await carrying;
    const durationMs = Math.round(performance.now() - began);
    const { detail } = carried;
    const told = carried.kind === 'response' ? Buffer.from(JSON.stringify(carried.body)) : undefined;
    const exchange = () => ({
      ...record({
        ...{ request, requestHeaders: request.headers, startedAt, durationMs },
        ...(detail === undefined ? {} : { detail }),
        ...(carried.kind === 'response' ? { status: carried.status, responseBody: told } : { code: carried.code }),
      }),
      method,
    });
    if (carried.kind !== 'response')
      return { kind: carried.kind, code: carried.code, durationMs, exchange } as OutboundResult;
    return {
      kind: 'response',
      status: carried.status,
      headers: {},
      body: told ?? Buffer.alloc(0),
      durationMs,
      exchange,
    };
  };
}

/** Whoever was held up since its fence was raised may no longer be the one that posts. */
export function isTooLate({ sendBy }: OutboundRequest, now: () => number): boolean {
  return sendBy !== undefined && now() > sendBy;
}
