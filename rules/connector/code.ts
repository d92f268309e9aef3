import { type Answer, type ReadAnswer, readAnswer } from '../mapping/answer.ts';
import type { MappedBid } from '../mapping/bids.ts';
import type { MappingContext } from '../mapping/context.ts';
import type { CompiledOperation } from '../mapping/operation.ts';
import { toPlain } from '../mapping/plain.ts';
import type { RenderedRequest } from '../mapping/request.ts';
import type { AnswerOutcome, Interpretation } from '../mapping/response.ts';
import { parseAddress, parseHttpUrl } from '../mapping/url.ts';
import { identifier, words } from '../mapping/value.ts';
import { parsePrice } from '../money.ts';
import { ConnectorFault, faultOf } from './fault.ts';

/** A request as code gives it. What is left out comes from the manifest's request mapping, where there is one. */
export interface CodeRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  url?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** What an answer means, as code gives it. What is left out comes from the manifest's response mapping. */
export interface CodeResult {
  outcome?: AnswerOutcome;
  /** Dollars, as a number or as text: read like a price of a mapping. */
  price?: number | string;
  reason?: string;
  leadId?: string;
  redirectUrl?: string;
  capture?: Readonly<Record<string, unknown>>;
  bids?: readonly {
    price: number | string;
    id?: string;
    expiresInMs?: number;
    private?: Readonly<Record<string, unknown>>;
  }[];
}

/** The functions of one operation, wherever they run: in a worker thread, or here in a test. */
export interface CodeFunctions {
  request?(context: MappingContext): Promise<CodeRequest> | CodeRequest;
  response?(answer: ReadAnswer, context: MappingContext): Promise<CodeResult> | CodeResult;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH'];
const OUTCOMES: readonly string[] = ['accepted', 'rejected', 'duplicate', 'pending', 'error', 'unrecognised'];
const MAX_BIDS = 100;
const MAX_EXPIRY_MS = 24 * 3_600_000;

/**
 * An operation with code over its mappings: what a function gives counts, value by value. What it gives is looked at
 * like anything that comes from outside. `render` and `interpret` reject with a ConnectorFault when a function throws or
 * gives something else; of a ConnectorError it has the code and whether asking again may help.
 */
export function withCode(mapped: Partial<CompiledOperation>, functions: CodeFunctions): CompiledOperation {
  return {
    hasTestUrl: mapped.hasTestUrl ?? false,
    ...(mapped.timeoutMs === undefined ? {} : { timeoutMs: mapped.timeoutMs }),
    async render(context) {
      const base = await mapped.render?.(context);
      const given = functions.request && (await run(() => functions.request?.(context)));
      return requestOf(base, given);
    },
    async interpret(answer, context) {
      const base = await mapped.interpret?.(answer);
      const given = context && functions.response && (await ask(functions, answer, context));
      return resultOf(base ?? { outcome: 'unrecognised', bids: [], invalidBids: [], capture: {} }, given ?? {});
    },
  };
}

function ask(functions: CodeFunctions, answer: Answer, context: MappingContext): Promise<CodeResult> {
  const { html: _, ...read } = readAnswer(answer);
  return run(() => functions.response?.(read, context));
}

async function run<Value extends object>(call: () => Promise<Value> | Value | undefined): Promise<Value> {
  let value;
  try {
    value = await call();
  } catch (error) {
    throw faultOf(error);
  }
  if (typeof value !== 'object' || value === null) throw new ConnectorFault();
  return value;
}

function requestOf(base: RenderedRequest | undefined, given: CodeRequest | undefined): RenderedRequest {
  const { method = base?.method ?? 'POST', url = base?.url, body = base?.body } = given ?? {};
  const headers = Object.entries(given?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const address = typeof url === 'string' ? parseAddress(url) : undefined;
  const isRight =
    address !== undefined &&
    METHODS.includes(method) &&
    (body === undefined || typeof body === 'string') &&
    headers.every(([, value]) => typeof value === 'string' && !/[\r\n\0]/.test(value));
  if (!isRight) throw new ConnectorFault();
  return {
    method,
    url: address.href,
    headers: { ...base?.headers, ...Object.fromEntries(headers) },
    ...(body === undefined ? {} : { body }),
    ...(base?.timeoutMs === undefined ? {} : { timeoutMs: base.timeoutMs }),
  };
}

function resultOf(base: Interpretation, given: CodeResult): Interpretation {
  const result: Interpretation = { ...base, capture: { ...base.capture, ...plainObject(given.capture) } };
  if (given.outcome !== undefined) {
    if (!OUTCOMES.includes(given.outcome)) throw new ConnectorFault();
    result.outcome = given.outcome;
  }
  if (given.bids !== undefined) Object.assign(result, bidsOf(given.bids));
  if (given.price !== undefined) {
    const price = parsePrice(given.price);
    Object.assign(result, price === undefined ? { priceInvalid: true } : { price });
  }
  const reason = given.reason === undefined ? undefined : words(given.reason);
  const leadId = given.leadId === undefined ? undefined : identifier(given.leadId);
  const redirect = typeof given.redirectUrl === 'string' ? parseHttpUrl(given.redirectUrl)?.href : undefined;
  return {
    ...result,
    ...(reason === undefined ? {} : { reason }),
    ...(leadId === undefined ? {} : { leadId }),
    ...(redirect === undefined ? {} : { redirectUrl: redirect }),
  };
}

function bidsOf(given: NonNullable<CodeResult['bids']>): Pick<Interpretation, 'bids' | 'invalidBids'> {
  if (!Array.isArray(given)) throw new ConnectorFault();
  const found: Pick<Interpretation, 'bids' | 'invalidBids'> = { bids: [], invalidBids: [] };
  for (const bid of (given as NonNullable<CodeResult['bids']>).slice(0, MAX_BIDS)) {
    const price = parsePrice(bid.price);
    if (price === undefined) found.invalidBids.push({ reason: 'price_invalid' });
    else if (price > 0) {
      const mapped: MappedBid = { price, private: plainObject(bid.private) };
      const id = identifier(bid.id);
      if (id !== undefined) mapped.id = id;
      if (Number.isFinite(bid.expiresInMs)) {
        mapped.expiresInMs = Math.min(Math.max(Math.floor(bid.expiresInMs as number), 1), MAX_EXPIRY_MS);
      }
      found.bids.push(mapped);
    }
  }
  return found;
}

function plainObject(value: unknown): Record<string, unknown> {
  const plain = toPlain(value);
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain) ? (plain as Record<string, unknown>) : {};
}
