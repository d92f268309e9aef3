export const MASK = '***';

/** Replaces secrets in text. */
export interface Masker {
  /** The text's first `limit` characters without any secret, however it was spelled. */
  mask(text: string, limit?: number): string;
}

const SENSITIVE_HEADER =
  /^(?:authorization|proxy-authorization|cookie|set-cookie)$|(?<!idempotency-)key|token|secret|passw|pwd|signature|credential/i;
const SENSITIVE_PARAMETER = /key|token|secret|passw|passphrase|^pass$|pwd|auth(?!or)|signature|^sig$|credential/i;

/** Headers whose value is masked whole, whatever it is. An idempotency key is no secret: operators compare it. */
export function isSensitiveHeader(name: string): boolean {
  return SENSITIVE_HEADER.test(name);
}

/** Masks, in a URL, user information and the values of parameters that are named like a secret. */
export function maskUrlParts(url: string): string {
  const masked = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${MASK}@`);
  const query = masked.indexOf('?');
  return query === -1 ? masked : masked.slice(0, query + 1) + maskParameters(masked.slice(query + 1));
}

/** Masks, in a query or form, the values of parameters that are named like a secret. */
export function maskParameters(text: string): string {
  return text.replace(/([^&;=#?]+)=([^&;#]+)/g, (pair, name: string) =>
    SENSITIVE_PARAMETER.test(decodeName(name)) ? `${name}=${MASK}` : pair,
  );
}

/**
 * A masker for these secrets. It finds a secret as it is, URL-, form-, JSON- and XML-escaped (in any mixture), and in
 * base64, also inside a longer base64 text such as basic credentials.
 */
export function createMasker(secrets: readonly string[]): Masker {
  const known = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  if (known.length === 0) return { mask: (text, limit = text.length) => text.slice(0, limit) };
  const spellings = known.flatMap((secret) => [secret, ...base64Spellings(secret)]);
  const pattern = new RegExp(spellings.map((text) => [...text].map(escapedForms).join('')).join('|'), 'g');
  // A character takes at most 12 in its longest escape, two JSON surrogates or four URL-encoded bytes.
  const longest = 12 * Math.max(...spellings.map((text) => text.length));

  const mask = (text: string, limit = text.length): string => {
    // A secret across the limit is found because the window reaches past it, and is masked as a whole.
    const window = text.slice(0, limit + longest);
    let masked = '';
    let position = 0;
    for (const match of window.matchAll(pattern)) {
      if (match.index >= limit) break;
      masked += window.slice(position, match.index) + MASK;
      position = match.index + match[0].length;
    }
    if (position < limit) masked += window.slice(position, limit);
    // Only where a secret holds asterisks can masking spell one anew.
    return known.some((secret) => masked.includes(secret)) ? MASK : masked;
  };
  return { mask };
}

/** The base64 texts that stay the same wherever the secret stands in what was encoded. */
function base64Spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const spellings = new Set<string>();
  for (const encoding of ['base64', 'base64url'] as const) {
    if (bytes.length >= 3) spellings.add(bytes.toString(encoding).replace(/=+$/, ''));
    for (const offset of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
      // The first and last character may carry bits of what stands before and after.
      const core = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
      if (core.length >= 6) spellings.add(core);
    }
  }
  return [...spellings].sort((a, b) => b.length - a.length);
}

/** A pattern for one character in every spelling that a URL, form, JSON or XML text gives it. */
function escapedForms(character: string): string {
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  const codePoint = character.codePointAt(0) ?? 0;
  const forms = new Set([
    literal(character),
    [...Buffer.from(character)].map(percentForm).join(''),
    character.split('').map(jsonForm).join(''),
    `&#0{0,2}${codePoint};`,
    `&#[xX]0{0,2}${anyCase(codePoint.toString(16))};`,
  ]);
  if (codePoint >= 0x80 && codePoint <= 0xff) forms.add(percentForm(codePoint));
  for (const form of NAMED_FORMS[character] ?? []) forms.add(literal(form));
  return `(?:${[...forms].join('|')})`;
}

const NAMED_FORMS: Readonly<Record<string, readonly string[]>> = {
  ' ': ['+'],
  '"': ['\\"', '&quot;'],
  '&': ['&amp;'],
  "'": ["\\'", '&apos;'],
  '/': ['\\/'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '\\': ['\\\\'],
  '\b': ['\\b'],
  '\f': ['\\f'],
  '\n': ['\\n'],
  '\r': ['\\r'],
  '\t': ['\\t'],
};

function percentForm(byte: number): string {
  return `%${anyCase(byte.toString(16).padStart(2, '0'))}`;
}

function jsonForm(unit: string): string {
  return `\\\\u${anyCase(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`;
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
