/** Inherits the page's font; `--leadwire-accent` and `--leadwire-radius` fit it in. */
export const STYLE = `
:host{--a:var(--leadwire-accent,#1a56db);--r:var(--leadwire-radius,6px);display:block;font:inherit;color:inherit}
form{max-width:32em;display:grid;gap:1em;margin:0}
h2,legend{font-size:1.25em;font-weight:600;margin:0;padding:0}
legend{font-size:1.05em}
legend:focus{outline:0}
fieldset{border:0;margin:0;padding:0;min-width:0}
fieldset[hidden]{display:none}
.rows{display:grid;gap:1em;margin-top:.75em}
label{display:block;font-weight:500;margin-bottom:.25em}
.tick{display:flex;gap:.6em;align-items:flex-start}
.tick label{font-weight:400;margin:0;font-size:.9em;line-height:1.4}
.tick input{flex:none;width:1.15em;height:1.15em;margin:.1em 0 0;accent-color:var(--a)}
.text{box-sizing:border-box;width:100%;font:inherit;color:#111827;padding:.6em .75em;border:1px solid #6b7280;border-radius:var(--r);background:#fff}
.text:focus-visible,button:focus-visible{outline:3px solid var(--a);outline-offset:1px}
[aria-invalid=true]{border-color:#b91c1c}
.error{color:#b91c1c;font-size:.875em;margin:.3em 0 0}
.error:empty{display:none}
.note{font-size:.875em;color:#4b5563;margin:0}
.go{display:flex;gap:.75em;justify-content:space-between}
button{font:inherit;font-weight:600;padding:.65em 1.4em;border-radius:var(--r);border:1px solid var(--a);background:var(--a);color:#fff;cursor:pointer}
button[type=button]{background:0 0;color:inherit;border-color:#6b7280}
button:disabled{opacity:.6;cursor:default}
[hidden]{display:none!important}
`;

/** Styles a shadow root, also in pages whose policy forbids style elements. */
export function applyStyle(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = STYLE;
    root.append(style);
  }
}
