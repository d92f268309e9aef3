/** Dark on white, on a screen of any width and on paper. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 66rem; background: #fff; color: #1b1f24;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
h1 { margin: 0 0 .5rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 2px solid #1b1f24; font-size: 1.45rem; }
h3 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
h2 code { font-size: .95rem; font-weight: normal; }
a { color: #0b57a4; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .875em; }
code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .9rem 1rem; overflow-x: auto; background: #f5f6f8; border: 1px solid #dfe2e6; border-radius: 6px;
  line-height: 1.45; }
pre code { overflow-wrap: normal; font-size: 1em; }
.quiet { color: #57606a; }
header .quiet { margin: 0; }
.warning { padding: .6rem .9rem; background: #fff4e0; border-left: 4px solid #b25e00; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .45rem .75rem .45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e3e6ea; }
th { color: #57606a; font-weight: 600; white-space: nowrap; }
td > code { white-space: nowrap; }
td .values { display: block; max-width: 30rem; }
.values code { display: inline-block; margin: 0 .2rem .2rem 0; padding: 0 .35rem; background: #f0f2f4; border-radius: 3px; }
.tabs { display: flex; flex-wrap: wrap; gap: 0 .25rem; margin-top: .5rem; }
.tabs input { position: absolute; opacity: 0; pointer-events: none; }
.tabs label { order: 1; padding: .3rem .9rem; border: 1px solid #dfe2e6; border-bottom: 0; border-radius: 6px 6px 0 0;
  color: #57606a; cursor: pointer; }
.tabs input:checked + label { background: #1b1f24; border-color: #1b1f24; color: #fff; }
.tabs input:focus-visible + label { outline: 2px solid #0b57a4; outline-offset: 2px; }
.tabs .pane { order: 2; display: none; width: 100%; min-width: 0; }
.tabs input:checked + label + .pane { display: block; }
.tabs .pane pre { margin-top: 0; border-top-left-radius: 0; }
.tabs .pane pre + pre { margin-top: .5rem; border-top-left-radius: 6px; }
.paper { display: none; }
.answers pre { white-space: pre-wrap; }
.answers pre code { overflow-wrap: anywhere; }
.answers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(28rem, 100%), 1fr)); gap: 0 1.25rem; }
figure { margin: .5rem 0; min-width: 0; }
figcaption { font-weight: 600; }
@media (max-width: 40rem) {
  table { min-width: 40rem; }
}
@media print {
  @page { margin: 15mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  a { color: inherit; text-decoration: none; }
  nav, .tabs input, .tabs label { display: none; }
  .tabs, .tabs .pane { display: block; }
  td, th { padding-top: .25rem; padding-bottom: .25rem; }
  .paper { display: block; margin: .5rem 0 0; font-weight: 600; break-after: avoid; }
  pre { font-size: 8pt; padding: .5rem .7rem; white-space: pre-wrap; overflow-wrap: anywhere; overflow: visible; }
  .wide { overflow: visible; }
  h2, h3, figcaption { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  section.campaign { break-before: page; }
}
`;
