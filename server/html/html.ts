const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that is safe to put into a page: made by `html`, which escapes whatever is put into it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

/** What may stand in a template. Text is escaped, markup is not; nothing is nothing. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

/**
 * The one place that turns text into markup. Attribute values have to be in quotes.
 *
 * @example html`<a href="${url}">${label}</a>`
 */
export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(texts.reduce((markup, text, index) => markup + written(contents[index - 1]) + text));
}

function written(content: Content): string {
  if (content instanceof Html) return content.markup;
  if (Array.isArray(content)) return content.map(written).join('');
  if (content === undefined || content === null || content === false) return '';
  return String(content).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
