import type { MappingContext } from './context.ts';
import { escapeForm, escapeUrl } from './escape.ts';
import { MappingError } from './mapping-error.ts';
import { toText } from './plain.ts';
import type { TableRow } from './table.ts';
import { compileTemplate } from './template.ts';

/** Renders an address; it must come out as http or https, or as one of `parseAddress`. */
export function compileUrl(template: string, query: readonly TableRow[], path: string) {
  const render = compileTemplate(template, 'url');
  return (context: MappingContext): string => {
    const url = parseAddress(render(context).trim());
    if (!url) throw new MappingError(path, 'not_an_http_url');
    const address = url.hash ? url.href.slice(0, -url.hash.length) : url.href;
    const added = encodePairs(query, context, escapeUrl);
    if (added === '') return address;
    return `${address}${url.search ? '&' : address.endsWith('?') ? '' : '?'}${added}`;
  };
}

/** Addresses beside those on the web: a mailbox, a folder on a server of files, what this deployment keeps for a buyer. */
const ELSEWHERE = /^(?:mailto:[^?]|(?:sftp|portal):\/\/[^/?#])/i;

/** An address that requests go to: on the web, or of `mailto:`, `sftp:` or `portal:`. */
export function parseAddress(text: string): URL | undefined {
  return ELSEWHERE.test(text) && URL.canParse(text) ? new URL(text) : parseHttpUrl(text);
}

export function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** `name=value&…`; a list repeats its name. */
export function encodePairs(
  rows: readonly TableRow[],
  context: MappingContext,
  escape: (text: string) => string = escapeForm,
): string {
  const pairs: string[] = [];
  for (const { field, read } of rows) {
    const value = read(context);
    if (value === undefined) continue;
    const items: unknown[] = Array.isArray(value) ? value : [value];
    for (const item of items) pairs.push(`${escape(field)}=${escape(toText(item))}`);
  }
  return pairs.join('&');
}
