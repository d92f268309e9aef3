/** The look of the reference: readable on paper, in a phone and in the dark. */
export const STYLE = `
:root { color-scheme: light dark; --line: #d5d9e0; --soft: #f4f6f9; --text: #1b2330; --quiet: #566072; --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) {
  :root { --line: #363e4c; --soft: #20262f; --text: #e4e8ee; --quiet: #a0a9b8; --accent: #7fb0ff; }
  body { background: #161b22; }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); font: 15px/1.55 system-ui, sans-serif; }
.page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: 14px; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav li { padding: .15rem 0; }
nav strong { display: block; margin-bottom: .2rem; }
main { padding: 1.5rem 2rem 4rem; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 .25rem; font-size: 1.1rem; }
h4 { margin: 1.1rem 0 .3rem; font-size: .95rem; }
p { margin: .4rem 0; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.address { padding: .45rem .7rem; background: var(--soft); border: 1px solid var(--line); border-radius: 6px; }
.address b { color: var(--accent); margin-right: .4rem; text-transform: uppercase; }
.quiet { color: var(--quiet); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--quiet); font-weight: 600; }
td:first-child { white-space: nowrap; }
td:last-child { min-width: 14rem; }
@media (max-width: 50rem) {
  .page { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
  td:first-child { white-space: normal; }
}
@media print {
  .page { display: block; max-width: none; }
  nav { display: none; }
  main { padding: 0; }
  body { font-size: 10pt; background: none; color: #000; }
  h3, h4 { break-after: avoid; }
  tr { break-inside: avoid; }
}
`;
