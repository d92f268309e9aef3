import { parseXml } from './xml-answer.ts';
import { isForbiddenName } from './path.ts';

/** An answer as the HTTP client hands it over: decompressed, whole, header names in lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What response expressions see. */
export interface ReadAnswer {
  status: number;
  headers: Record<string, string>;
  /** Undefined when the text is none of JSON, XML and form fields. */
  body: unknown;
  text: string;
}

const MAX_DEPTH = 100;
const HTML = /^(?:<\?xml[^>]*>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*<(?:!doctype\s+html|html[\s>])/i;
const JSON_SCALAR = /^(?:"[\s\S]*"|-?\d[\d.eE+-]*|true|false|null)$/;
const FORM = /^[\w.%+[\]-]+=[^\s<>]*$/;

/**
 * Reads an answer by what it holds: buyers label XML as text/html, JSON as text/plain, and send error pages with 200.
 * Invalid UTF-8 is replaced, a byte order mark dropped.
 */
export function readAnswer(answer: Answer): ReadAnswer & { html: boolean } {
  const text = answer.body.toString('utf8').replace(/^\uFEFF/, '');
  const { status, headers } = answer;
  const content = text.trim();
  const html = HTML.test(content);
  return { status, headers, body: html ? undefined : parseBody(content), text, html };
}

function parseBody(content: string): unknown {
  const first = content.charAt(0);
  if (first === '{' || first === '[' || JSON_SCALAR.test(content)) return parseJson(content);
  if (first === '<') return parseXml(content);
  return FORM.test(content) ? parseForm(content) : undefined;
}

function parseJson(content: string): unknown {
  if (depthOf(content) > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return undefined;
  }
}

/** How deep lists and objects nest, found without building them. */
function depthOf(json: string): number {
  if (json.length <= MAX_DEPTH) return 0;
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}

function parseForm(content: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(content)) {
    if (!isForbiddenName(name) && !Object.hasOwn(fields, name)) fields[name] = value;
  }
  return fields;
}
