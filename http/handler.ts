import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { decodeBody, ResponseBody } from './body.ts';
import type { AmbiguousCode, NotSentCode, OutboundRequest, OutboundResult } from './contract.ts';
import type { ExchangeRecorder, RawExchange } from './exchange.ts';
import { ambiguousCode, errorCode, notSentCode } from './failures.ts';
import { toReceivedHeaders } from './headers.ts';
import { FRESH_SOCKET_MS, type Line, type LineSeeker } from './pools.ts';

export interface CallDependencies {
  now: () => number;
  record: ExchangeRecorder;
  /** Puts the call into its pool, also again after it turned a stale socket down. */
  dispatch: (call: Call) => void;
  settle: (result: OutboundResult) => void;
}

const DEFAULT_RESPONSE_BYTES = 1024 * 1024;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * One request on its way. Handing over the socket (`onRequestStart`) parts `not_sent` from `ambiguous`: undici writes
 * the first byte right after it returns, in the same turn. Throwing there drops the request and leaves the socket to
 * others; `controller.abort` would close it.
 */
export class Call implements Dispatcher.DispatchHandler, LineSeeker {
  line: Line | undefined;
  readonly #request: OutboundRequest;
  readonly #deps: CallDependencies;
  readonly #raw: RawExchange;
  readonly #began = performance.now();
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #body: ResponseBody;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;

  constructor(request: OutboundRequest, requestHeaders: Record<string, string>, deps: CallDependencies) {
    this.#request = request;
    this.#deps = deps;
    this.#raw = { request, requestHeaders, startedAt: new Date(deps.now()), durationMs: 0 };
    this.#timeoutMs = request.timeoutMs >= 1 ? Math.min(request.timeoutMs, LONGEST_TIMER_MS) : 1;
    this.#limit = request.maxResponseBytes ?? DEFAULT_RESPONSE_BYTES;
    this.#body = new ResponseBody(this.#limit);
  }

  start(): void {
    this.#arm();
    this.#deps.dispatch(this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) throw new Error('The request was given up');
    // undici puts some requests back in its queue when their socket closes; a post must not go out twice.
    if (this.#controller !== undefined) {
      this.#ambiguous('reset');
      throw new Error('The request was sent before');
    }
    if (this.#isTooLate()) {
      this.notSent('send_by_passed');
      throw new Error('The request is too late');
    }
    if (this.#request.freshSocket === true && this.#isStale()) {
      // The pool's own timer closes idle sockets, but after a freeze this can come before that timer.
      this.line?.socket?.destroy();
      throw new StaleSocket();
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#settled) return;
    this.#raw.status = status;
    this.#raw.responseHeaders = toReceivedHeaders(headers);
    if (Number(headers['content-length']) > this.#limit) this.#ambiguous('too_large');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#settled && !this.#body.append(chunk)) this.#ambiguous('too_large');
  }

  onResponseEnd(): void {
    if (this.line !== undefined) this.line.idleSince = this.#deps.now();
    if (this.#settled) return;
    // An answer that ends with its connection has not ended when the connection was reset.
    if (this.line?.socket?.errored) {
      this.#ambiguous('reset', errorCode(this.line.socket.errored));
      return;
    }
    const { status = 0, responseHeaders: headers = {} } = this.#raw;
    const decoded = decodeBody(this.#body.bytes(), headers['content-encoding'], this.#limit);
    if (!decoded.ok) {
      this.#ambiguous(decoded.code);
      return;
    }
    this.#raw.responseBody = decoded.body;
    this.#finish((timed) => ({ kind: 'response', status, headers, body: decoded.body, ...timed }));
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#settled) return;
    if (error instanceof StaleSocket) queueMicrotask(() => this.#deps.dispatch(this));
    else if (this.#controller === undefined) this.notSent(notSentCode(error), errorCode(error));
    else this.#ambiguous(ambiguousCode(error, this.#raw.status !== undefined), errorCode(error));
  }

  /** Ends the call before it was given a socket. */
  notSent(code: NotSentCode, detail?: string): void {
    if (detail !== undefined) this.#raw.detail = detail;
    this.#raw.code = code;
    this.#finish((timed) => ({ kind: 'not_sent', code, ...timed }));
  }

  #ambiguous(code: AmbiguousCode, detail?: string): void {
    if (detail !== undefined) this.#raw.detail = detail;
    this.#raw.code = code;
    if (this.#raw.status !== undefined) this.#raw.responseBody = this.#body.bytes();
    this.#finish((timed) => ({ kind: 'ambiguous', code, ...timed }));
    // Does nothing once undici has finished with the request.
    this.#controller?.abort(new Error(code));
  }

  #arm(): void {
    const { sendBy } = this.#request;
    let delay = this.#leftMs();
    // Past sendBy nothing can be sent any more: no need to wait for a socket until the deadline.
    if (sendBy !== undefined && this.#controller === undefined) {
      delay = Math.min(delay, Math.max(0, sendBy - this.#deps.now()) + 1);
    }
    this.#timer = setTimeout(() => this.#onTimer(), Math.ceil(delay));
  }

  #onTimer(): void {
    if (this.#controller === undefined && this.#isTooLate()) this.notSent('send_by_passed');
    else if (this.#leftMs() > 0) this.#arm();
    else if (this.#controller !== undefined) this.#ambiguous('timeout');
    else this.notSent(this.line === undefined ? 'pool_busy' : 'connect_timeout');
  }

  #leftMs(): number {
    return this.#timeoutMs - (performance.now() - this.#began);
  }

  #finish(toResult: (timed: Pick<OutboundResult, 'durationMs' | 'exchange'>) => OutboundResult): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    const raw = this.#raw;
    const { record } = this.#deps;
    raw.durationMs = Math.round(10 * (performance.now() - this.#began)) / 10;
    this.#deps.settle(toResult({ durationMs: raw.durationMs, exchange: () => record(raw) }));
  }

  #isTooLate(): boolean {
    return this.#request.sendBy !== undefined && this.#deps.now() > this.#request.sendBy;
  }

  #isStale(): boolean {
    const idleMs = this.#deps.now() - (this.line?.idleSince ?? 0);
    // A clock that was set back proves nothing about the socket's age.
    return idleMs > FRESH_SOCKET_MS || idleMs < 0;
  }
}

class StaleSocket extends Error {
  override readonly name = 'StaleSocket';
}
