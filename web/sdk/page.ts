import type { Options } from './client.ts';

/** What the script tag says of itself; only while the script runs for the first time. */
export function ownTag(): { tag: HTMLScriptElement | undefined; options: Options | undefined } {
  const tag = document.currentScript instanceof HTMLScriptElement ? document.currentScript : undefined;
  const { campaign: cid, key, endpoint } = tag?.dataset ?? {};
  const from = endpoint ?? (tag?.src ? new URL(tag.src).origin : '');
  return { tag, options: cid && key ? { cid, key, endpoint: from } : undefined };
}

/** Where the consumer may be sent to. An address that would run a script on this page is none. */
export function destination(url: string | undefined): string | undefined {
  return url && /^https?:\/\//i.test(url) ? url : undefined;
}
