import { Html, html } from '../html/html.ts';
import { STYLE } from '../instructions/style.ts';

/** What a visitor sees whose offer is no longer there; nothing in it leads anywhere. */
export function gonePage(): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>This offer has ended</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>This offer has ended</h1>
          <p>Go back to the page that you came from and load it again: it shows the offers that are there now.</p>
        </main>
      </body>
    </html> `.toString();
}

export const GONE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-robots-tag': 'noindex',
};
