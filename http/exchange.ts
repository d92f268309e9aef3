import type { Exchange, OutboundRequest } from './contract.ts';
import { createMasker, isSensitiveHeader, MASK, maskParameters, maskUrlParts, type Masker } from './masking.ts';

/** Everything that is known of a request and its answer, unmasked. */
export interface RawExchange {
  request: OutboundRequest;
  /** As sent, where it came to that. */
  requestHeaders: Record<string, string>;
  startedAt: Date;
  durationMs: number;
  status?: number;
  responseHeaders?: Record<string, string>;
  responseBody?: Buffer;
  code?: Exchange['code'];
  detail?: string;
}

/** Turns what happened into what operators may read. */
export type ExchangeRecorder = (raw: RawExchange) => Exchange;

/** Characters kept of each body. */
const BODY_LIMIT = 8 * 1024;
/** Bytes decoded of a body, so that the limit and any secret across it are inside, at three bytes a character. */
const BODY_WINDOW = 16 * BODY_LIMIT;

const NO_SECRETS: readonly string[] = [];

export function createExchangeRecorder(): ExchangeRecorder {
  const maskers = new WeakMap<readonly string[], Masker>();
  const maskerFor = (secrets: readonly string[]): Masker => {
    let masker = maskers.get(secrets);
    if (masker === undefined) {
      masker = createMasker(secrets);
      maskers.set(secrets, masker);
    }
    return masker;
  };

  return (raw) => {
    const masker = maskerFor(raw.request.secrets ?? NO_SECRETS);
    const { responseHeaders, responseBody, status, code, detail } = raw;
    return {
      method: raw.request.method,
      url: maskUrlParts(masker.mask(raw.request.url)),
      requestHeaders: maskHeaders(raw.requestHeaders, masker),
      requestBody: maskBody(raw.request.body ?? '', raw.requestHeaders, masker),
      ...(status === undefined ? {} : { status }),
      ...(responseHeaders === undefined ? {} : { responseHeaders: maskHeaders(responseHeaders, masker) }),
      ...(responseBody === undefined ? {} : { responseBody: maskBody(responseBody, responseHeaders ?? {}, masker) }),
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail }),
      startedAt: raw.startedAt,
      durationMs: raw.durationMs,
    };
  };
}

/** A request as operators would read it, before it is sent. */
export function previewOf(
  request: OutboundRequest,
): Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody'> {
  const raw = { request, requestHeaders: request.headers, startedAt: new Date(), durationMs: 0 };
  const { method, url, requestHeaders, requestBody } = createExchangeRecorder()(raw);
  return { method, url, requestHeaders, requestBody };
}

function maskHeaders(headers: Record<string, string>, masker: Masker): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [masker.mask(name), maskHeader(name, value, masker)]),
  );
}

function maskHeader(name: string, value: string, masker: Masker): string {
  if (isSensitiveHeader(name)) return MASK;
  const masked = masker.mask(value);
  return name === 'location' ? maskUrlParts(masked) : masked;
}

function maskBody(body: string | Buffer, headers: Record<string, string>, masker: Masker): string {
  const text = typeof body === 'string' ? body : body.subarray(0, BODY_WINDOW).toString();
  const kept = masker.mask(text, BODY_LIMIT);
  const isForm = headers['content-type']?.includes('x-www-form-urlencoded') === true;
  const masked = isForm ? maskParameters(kept) : kept;
  return text.length <= BODY_LIMIT ? masked : `${masked}… [${Buffer.byteLength(body)} bytes in all]`;
}
