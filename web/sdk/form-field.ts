import type { FormField } from './settings.ts';

/** How browsers fill in what they know of their user. */
const AUTOCOMPLETE: Record<string, string> = {
  first_name: 'given-name',
  last_name: 'family-name',
  name: 'name',
  full_name: 'name',
  address: 'street-address',
  street: 'street-address',
  city: 'address-level2',
  dob: 'bday',
  date_of_birth: 'bday',
};
const AUTOCOMPLETE_OF_TYPE: Record<string, string> = {
  email: 'email',
  phone: 'tel',
  zip: 'postal-code',
  state: 'address-level1',
};
const INPUT_TYPES: Record<string, string> = { email: 'email', phone: 'tel', date: 'date', url: 'url' };
export const CONSENT = 'tcpa_consent';
const KEYBOARDS: Record<string, string> = { zip: 'numeric', number: 'decimal' };

export type Control = HTMLInputElement | HTMLSelectElement;

export interface FieldView {
  element: HTMLElement;
  control: Control;
  /** What the server would get: text, or yes or no. Absent when nothing was filled in. */
  value(): unknown;
  /** Shows what is wrong with the field, or with an empty text nothing. */
  fail(message: string): void;
  /** Whether a required field is still empty. */
  lacking(): boolean;
}

/** Makes an element. Everything it shows is text, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function createField(field: FormField): FieldView {
  const { type, required, name, label: words } = field;
  // A box that has to be ticked cannot say no: only consent is asked for like that.
  const ticked = type === 'boolean' && (!required || name === CONSENT);
  const values = type === 'boolean' ? ['Yes', 'No'] : field.values;
  const control = ticked ? make('input', { type: 'checkbox' }) : values ? choice(values) : input(field);
  const id = `f-${name}`;
  control.id = id;
  control.name = name;
  control.required = required;
  control.setAttribute('aria-describedby', `${id}-error`);
  const label = make('label', { for: id }, words, required || ticked ? '' : ' (optional)');
  const error = make('p', { id: `${id}-error`, class: 'error' });
  const element = ticked
    ? make('div', {}, make('div', { class: 'tick' }, control, label), error)
    : make('div', {}, label, control, error);
  const value = () => (ticked ? (control as HTMLInputElement).checked : control.value.trim() || undefined);
  const fail = (message: string) => {
    error.textContent = message && `This ${message}`;
    control.setAttribute('aria-invalid', String(message !== ''));
  };
  control.addEventListener('input', () => fail(''));
  return { element, control, value, fail, lacking: () => required && !value() };
}

function choice(values: readonly string[]): HTMLSelectElement {
  const select = make('select', { class: 'text' }, make('option', { value: '' }, 'Please choose'));
  for (const value of values) select.append(make('option', { value }, value));
  return select;
}

function input({ name, type, maxLength }: FormField): HTMLInputElement {
  const control = make('input', { type: INPUT_TYPES[type] ?? 'text', class: 'text' });
  const known = AUTOCOMPLETE_OF_TYPE[type] ?? AUTOCOMPLETE[name];
  if (known) control.setAttribute('autocomplete', known);
  const keyboard = KEYBOARDS[type];
  if (keyboard) control.inputMode = keyboard;
  if (maxLength) control.maxLength = maxLength;
  return control;
}
