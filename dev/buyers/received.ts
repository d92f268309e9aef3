import type { IncomingMessage } from 'node:http';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** One request, read whole. Field names are dotted paths; values are text. */
export interface Received {
  /** The path's last segment. */
  endpoint: string;
  fields: Map<string, string>;
  idempotencyKey: string | null;
  /** The lead's transaction id wherever it stands in the URL or the body; else a field that is named like a reference. */
  ref: string | null;
  /** The body claims a format that it breaks. */
  malformed: boolean;
}

const BODY_LIMIT_BYTES = 2 * 1024 * 1024;
const xmlParser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false });

/** Reads the request to its end; null when the client left before the end or sent more than 2 MiB. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_LIMIT_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Takes a request apart. The body's own look decides its format: labels are often wrong. */
export function parseReceived(url: URL, headers: IncomingMessage['headers'], body: string): Received {
  const fields = new Map<string, string>(url.searchParams);
  const malformed = !readFields(body.trim(), fields);
  const header = headers['idempotency-key'];
  const received: Received = {
    endpoint: url.pathname.split('/').findLast(Boolean) ?? '',
    fields,
    idempotencyKey: null,
    ref: null,
    malformed,
  };
  received.idempotencyKey = (typeof header === 'string' ? header : fieldNamed(received, 'idempotency_key')) ?? null;
  const transaction = /txn_[\w-]+/.exec(url.href) ?? /txn_[\w-]+/.exec(body);
  const reference = fieldNamed(received, 'ref', 'leadref', 'lead_ref', 'transaction_id', 'subid', 'sub_id');
  received.ref = transaction?.[0] ?? reference ?? null;
  return received;
}

/** The first of these fields that was sent, at any depth, whatever its case. */
export function fieldNamed(received: Received, ...names: string[]): string | undefined {
  for (const name of names) {
    for (const [path, value] of received.fields) {
      if (path.slice(path.lastIndexOf('.') + 1).toLowerCase() === name) return value;
    }
  }
  return undefined;
}

function readFields(body: string, into: Map<string, string>): boolean {
  if (body === '') return true;
  try {
    if (body.startsWith('{') || body.startsWith('[')) addLeaves(JSON.parse(body), '', into);
    else if (body.startsWith('<')) {
      if (XMLValidator.validate(body) !== true) return false;
      addLeaves(xmlParser.parse(body), '', into);
    } else if (/^[^\s=&|:]+=[^\s]*$/.test(body))
      for (const [name, value] of new URLSearchParams(body)) into.set(name, value);
    else for (const [, name, value] of body.matchAll(/([\w.-]+)[ \t]*[=:][ \t]*([^\r\n|;]*)/g)) into.set(name!, value!);
    return true;
  } catch {
    return false;
  }
}

function addLeaves(value: unknown, path: string, into: Map<string, string>): void {
  if (Array.isArray(value)) for (const item of value) addLeaves(item, path, into);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) addLeaves(inner, path ? `${path}.${name}` : name, into);
  else if (path) into.set(path, value === null ? '' : String(value));
}
