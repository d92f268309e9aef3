export type Values = Record<string, unknown>;

/** The fields of a form by their names. A box that is not ticked says no; files are not sent. */
export function formValues(form: HTMLFormElement): Values {
  const values: Values = {};
  for (const box of form.querySelectorAll<HTMLInputElement>('input[type=checkbox][name]')) {
    if (box.value === 'on') values[box.name] = box.checked;
  }
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '' && values[name] === undefined) values[name] = value;
  }
  return values;
}

/** Consent holds from the day it was given on. */
export function withConsentDate(values: Values): Values {
  if (values['tcpa_consent'] !== true || values['tcpa_consent_date']) return values;
  return { ...values, tcpa_consent_date: new Date().toISOString().slice(0, 10) };
}
