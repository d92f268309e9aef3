import type { IncomingHttpHeaders } from 'node:http';
import type { Device } from '../../models/click.ts';

const KINDS: readonly (readonly [Device, RegExp])[] = [
  ['bot', /bot\b|crawl|spider|slurp|preview|scan|monitor|externalhit|headless|^(curl|wget|python|java|go-http|node)/i],
  ['tablet', /ipad|tablet|kindle|silk|android(?!.*mobile)/i],
  ['mobile', /mobi|iphone|ipod|android|windows phone/i],
  ['desktop', /windows nt|macintosh|x11|cros|linux/i],
];

/** What kind of thing opened a link; its exact version would tell people apart. */
export function deviceOf(userAgent: string | undefined): Device {
  if (!userAgent) return 'other';
  const text = userAgent.slice(0, 500);
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}

/** The host of the page a link stood on: its path and query may name somebody. `told` is what the page says itself. */
export function referrerOf({ referer }: IncomingHttpHeaders, told?: string): string | undefined {
  const address = told ?? referer;
  if (!address || !/^https?:/i.test(address) || !URL.canParse(address)) return undefined;
  return new URL(address).hostname.slice(0, 253) || undefined;
}

/** Browsers fetch a link before anybody has followed it; that is no visit. */
export function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return [headers['sec-purpose'], headers['purpose'], headers['x-moz']].some((value) => /prefetch/.test(String(value)));
}
