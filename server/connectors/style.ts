import { STYLE as SHARED } from '../instructions/style.ts';

/** The look of the posting instructions, with what lists of connectors need beside it. */
export const STYLE = `${SHARED}
form.search { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.25rem 0; }
form.search input, form.search select, form.search button { padding: .45rem .6rem; font: inherit; color: inherit; background: #fff;
  border: 1px solid #8c959f; border-radius: 6px; }
form.search input { flex: 1 1 16rem; min-width: 0; }
form.search button { background: #1b1f24; border-color: #1b1f24; color: #fff; cursor: pointer; }
form.search :focus-visible { outline: 2px solid #0b57a4; outline-offset: 2px; }
form.config { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .5rem 1rem; align-items: start; margin: 1.25rem 0; }
form.config label { padding-top: .45rem; }
form.config input, form.config select, form.config textarea { padding: .45rem .6rem; font: inherit; color: inherit; background: #fff;
  border: 1px solid #8c959f; border-radius: 6px; min-width: 0; }
form.config p, form.config button { grid-column: 2; justify-self: start; margin: 0; }
form.config button { padding: .45rem .9rem; font: inherit; background: #1b1f24; border: 1px solid #1b1f24; border-radius: 6px; color: #fff; cursor: pointer; }
form.config :focus-visible { outline: 2px solid #0b57a4; outline-offset: 2px; }
ul.connectors { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1rem; margin: 1rem 0; padding: 0;
  list-style: none; }
ul.connectors li { display: flex; flex-direction: column; padding: .9rem 1rem; border: 1px solid #dfe2e6; border-radius: 6px; min-width: 0; }
ul.connectors h2 { margin: 0; padding: 0; border: 0; font-size: 1.05rem; }
ul.connectors p { margin: .35rem 0 0; font-size: .92rem; }
ul.connectors p:last-child { margin-top: auto; padding-top: .6rem; }
.badge { display: inline-block; margin-right: .35rem; padding: 0 .45rem; background: #f0f2f4; border-radius: 3px; color: #424a53; font-size: .82rem; }
.badge.no { background: #fff4e0; color: #7a3f00; }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .35rem 1.25rem; margin: 1rem 0; }
dl.facts dt { color: #57606a; }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
article.fixture { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 0 1rem; }
article.fixture h4 { grid-column: 1 / -1; margin: 1.2rem 0 0; font-size: 1rem; }
article.fixture p { grid-column: 1 / -1; margin: .2rem 0; }
article.fixture pre { white-space: pre-wrap; }
article.fixture pre code { overflow-wrap: anywhere; }
@media (max-width: 34rem) {
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { margin-bottom: .6rem; }
}
@media print {
  form.search { display: none; }
  article.fixture { break-inside: avoid; }
}
`;
