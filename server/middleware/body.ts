import type { Context, Middleware } from 'koa';
import getRawBody from 'raw-body';
import { LeadwireError } from '../../errors/leadwire-error.ts';

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_FIELDS = 1000;

export interface BodyState {
  raw: Buffer;
  body: Record<string, unknown>;
}

/** Reads a JSON or form body of at most 1 MB into `state.raw` and `state.body`. */
export function readBody(): Middleware<BodyState> {
  return async (context, next) => {
    const read = readerFor(context);
    const raw = await receive(context);
    context.state.raw = raw;
    context.state.body = read(decode(raw));
    await next();
  };
}

/** Takes a body of any type, at most 1 MB, into `state.raw`: what it holds is for the handler to read. */
export function readRawBody(): Middleware<Pick<BodyState, 'raw'>> {
  return async (context, next) => {
    refuseEncoded(context);
    context.state.raw = await receive(context);
    await next();
  };
}

function refuseEncoded(context: Context): void {
  if (context.get('content-encoding') && context.get('content-encoding') !== 'identity') {
    throw new LeadwireError('unsupported_content_type', { message: 'Send the body without content-encoding' });
  }
}

function readerFor(context: Context): (text: string) => Record<string, unknown> {
  refuseEncoded(context);
  if (context.is('json', '+json')) return readJson;
  if (context.is('urlencoded')) return readForm;
  throw new LeadwireError('unsupported_content_type');
}

async function receive(context: Context): Promise<Buffer> {
  try {
    const length = context.request.length ?? undefined;
    return await getRawBody(context.req, { limit: MAX_BODY_BYTES, ...(length === undefined ? {} : { length }) });
  } catch (error) {
    // What is left of the body is not read: the connection ends with the answer.
    context.set('connection', 'close');
    const type = (error as { type?: string }).type;
    if (type === 'entity.too.large') throw new LeadwireError('body_too_large');
    throw new LeadwireError('invalid_body', { message: 'The body did not arrive whole' });
  }
}

function decode(raw: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    throw new LeadwireError('invalid_encoding');
  }
}

function readJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LeadwireError('invalid_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new LeadwireError('invalid_body');
  if (Object.keys(value).length > MAX_FIELDS) throw new LeadwireError('invalid_body', { message: 'Too many fields' });
  return value as Record<string, unknown>;
}

function readForm(text: string): Record<string, unknown> {
  const fields: [string, string][] = [...new URLSearchParams(text)];
  if (fields.length > MAX_FIELDS) throw new LeadwireError('invalid_body', { message: 'Too many fields' });
  const names = new Set<string>();
  for (const [name] of fields) {
    if (names.has(name)) throw new LeadwireError('invalid_body', { message: 'A field is there twice' });
    names.add(name);
  }
  return Object.fromEntries(fields);
}
