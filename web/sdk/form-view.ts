import type { Client } from './client.ts';
import { CONSENT, createField, make, type FieldView } from './form-field.ts';
import { applyStyle } from './form-style.ts';
import type { Values } from './form-values.ts';
import { destination } from './page.ts';
import type { Answer } from './server.ts';
import type { FormField, PageSettings } from './settings.ts';

interface StepView {
  element: HTMLFieldSetElement;
  legend: HTMLElement;
  fields: [name: string, view: FieldView][];
}

/** Shows a campaign's form in an element, apart from the page's own styles, and posts what is filled in. */
export function createForm(host: HTMLElement, settings: PageSettings, client: Client, fixed: Values): void {
  const { form: words } = settings;
  const root = host.attachShadow({ mode: 'open' });
  applyStyle(root);
  const steps = stepsOf(settings);
  const back = make('button', { type: 'button' }, 'Back');
  const next = make('button', { type: 'submit' });
  const note = make('p', { class: 'note', role: 'status' });
  const form = make('form', { novalidate: '' }, ...steps.map(({ element }) => element), note);
  form.append(make('div', { class: 'go' }, back, next));
  if (words.title) form.prepend(make('h2', {}, words.title));
  root.append(form);
  let at = 0;

  function show(step: number, focus = true) {
    at = step;
    steps.forEach(({ element }, index) => (element.hidden = index !== step));
    back.hidden = step === 0;
    next.textContent = step === steps.length - 1 ? (words.submitLabel ?? 'Submit') : 'Next';
    note.textContent = steps.length > 1 ? `Step ${step + 1} of ${steps.length}` : '';
    if (focus) steps[step]?.legend.focus();
    client.step(step + 1);
  }

  /** Marks what is wrong and goes to the first of it. False when nothing is. */
  function mark(problems: Record<string, string>): boolean {
    let first: { step: number; view: FieldView } | undefined;
    steps.forEach(({ fields }, step) =>
      fields.forEach(([name, view]) => {
        view.fail(problems[name] ?? '');
        if (problems[name]) first ??= { step, view };
      }),
    );
    if (!first) return false;
    if (first.step !== at) show(first.step, false);
    first.view.control.focus();
    return true;
  }

  async function send() {
    const fields = steps.flatMap((step) => step.fields);
    const filled = fields.map(([name, view]): [string, unknown] => [name, view.value()]);
    next.disabled = true;
    note.textContent = 'Sending…';
    const answer = await client.submit({ ...fixed, ...Object.fromEntries(filled) });
    next.disabled = false;
    note.textContent = '';
    host.dispatchEvent(new CustomEvent('leadwire:answer', { detail: answer, bubbles: true }));
    if (answer.ok) finish(answer);
    else if (!mark({ ...answer.missingFields, ...answer.invalidFields })) {
      note.textContent = 'This could not be sent. Please try again in a moment.';
    }
  }

  function finish({ redirect_url: url }: Answer) {
    const page = destination(url);
    const thanks = make('p', { role: 'status', tabindex: '-1' }, words.thanks ?? 'Thank you. We have received it.');
    form.replaceWith(thanks);
    thanks.focus();
    if (page) location.assign(page);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (next.disabled) return;
    const lacking = (steps[at]?.fields ?? []).filter(([, view]) => view.lacking());
    if (mark(Object.fromEntries(lacking.map(([name]) => [name, 'is required'])))) return;
    if (at < steps.length - 1) show(at + 1);
    else void send();
  });
  back.addEventListener('click', () => show(at - 1));
  show(0, false);
}

function stepsOf({ fields, form: { steps, consent } }: PageSettings): StepView[] {
  return steps.map(({ title, fields: names }, index) => {
    const shown = names.flatMap((name) => fields.filter((field) => field.name === name));
    const asks: FormField = { name: CONSENT, label: consent ?? '', type: 'boolean', required: true };
    const own = consent ? shown.filter(({ name }) => name !== asks.name) : shown;
    if (consent && index === steps.length - 1) own.push(asks);
    const views = own.map((field): [string, FieldView] => [field.name, createField(field)]);
    const legend = make('legend', { tabindex: '-1' }, title ?? '');
    const rows = make('div', { class: 'rows' }, ...views.map(([, { element }]) => element));
    return { element: make('fieldset', {}, legend, rows), legend, fields: views };
  });
}
