/** Where a macro stands; each place has its own escaping. */
export type Place = 'url' | 'form' | 'xml' | 'header' | 'text';

// XML 1.0 has no way to write these, escaped or not; lone surrogates are no characters at all.
const NOT_IN_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const NOT_IN_HEADER = /[\u0000-\u001F\u007F]/g;
const BEYOND_ASCII = /[^\u0000-\u007F]/;
const SURROGATE = /[\uD800-\uDFFF]/;
const XML_ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

export const ESCAPES: Record<Place, (text: string) => string> = {
  url: escapeUrl,
  form: escapeForm,
  xml: escapeXml,
  // What a header cannot hold is taken out of the whole value, once it is rendered.
  header: (text) => text,
  text: (text) => text,
};

/** For a path or query part of an address. */
export function escapeUrl(text: string): string {
  // A dot segment cannot be escaped ("%2e%2e" climbs too), so a value that is only that is dropped.
  return text === '.' || text === '..' ? '' : encodeURIComponent(wellFormed(text));
}

export function escapeForm(text: string): string {
  return encodeURIComponent(wellFormed(text)).replaceAll('%20', '+');
}

/** For text and quoted attributes; characters that XML cannot hold are dropped. */
export function escapeXml(text: string): string {
  return wellFormed(text)
    .replace(NOT_IN_XML, '')
    .replace(/[&<>"']/g, (char) => XML_ESCAPES[char] ?? char);
}

/** Drops line ends and control characters. What is beyond ASCII goes out as UTF-8, one character for each byte. */
export function escapeHeader(text: string): string {
  const clean = wellFormed(text).replace(NOT_IN_HEADER, '');
  return BEYOND_ASCII.test(clean) ? Buffer.from(clean, 'utf8').toString('latin1') : clean;
}

/** Replaces halves of surrogate pairs, which no encoding can write. */
export function wellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(/\p{Surrogate}/gu, '\uFFFD') : text;
}
