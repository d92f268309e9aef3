import { Html, html, type Content } from './html.ts';

export interface Page {
  title: string;
  /** CSS; it stands in the page, so that the page needs nothing else. */
  style: string;
  /** What stands in `<body>`. */
  body: Content;
  /** Search engines are to leave it out. */
  unlisted?: true;
}

/** A whole page: no script, no font, no picture. */
export function htmlPage({ title, style, body, unlisted }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${unlisted && html`<meta name="robots" content="noindex" />`}
        <title>${title}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.toString();
}
