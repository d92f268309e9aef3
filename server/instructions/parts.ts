import { html, type Content, type Html } from '../html/html.ts';

/** Words as code: a, b and c. */
export function list(words: readonly string[]): Html {
  return html`${words.map((word, at) => html`${at === 0 ? '' : at === words.length - 1 ? ' and ' : ', '}<code>${word}</code>`)}`;
}

/** A text of ours in which backticks mark code. */
export function marked(text: string): Content {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
