import { html } from '../html/html.ts';
import { htmlPage } from '../html/page.ts';
import { STYLE } from '../instructions/style.ts';

/** What a visitor sees whose offer is no longer there; nothing in it leads anywhere. */
export function gonePage(): string {
  return htmlPage({
    title: 'This offer has ended',
    style: STYLE,
    unlisted: true,
    body: html`<main>
      <h1>This offer has ended</h1>
      <p>Go back to the page that you came from and load it again: it shows the offers that are there now.</p>
    </main>`,
  });
}

export const GONE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-robots-tag': 'noindex',
};
