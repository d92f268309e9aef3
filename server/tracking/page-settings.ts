import type { CompiledCampaign } from '../../config/compile.ts';
import type { Field } from '../../schema/field.ts';

/** A field as a form shows it. */
export interface FormField {
  name: string;
  label: string;
  type: Field['type'];
  required: boolean;
  values?: readonly string[];
  min?: number;
  max?: number;
  maxLength?: number;
}

/**
 * What a campaign tells its pages: the events to fire and the form to show. Hidden fields stay out of it, and so does
 * all that is about buyers and prices.
 */
export function pageSettings({ campaign }: CompiledCampaign) {
  const { events = [], form = {} } = campaign.tracking ?? {};
  const { steps, ...words } = form;
  const visible = campaign.fields.filter(({ hidden, name }) => !hidden && name !== 'tcpa_consent_date');
  return {
    campaign: campaign.id,
    events,
    fields: visible.map(formField),
    form: { ...words, steps: steps ?? [{ fields: visible.map(({ name }) => name) }] },
  };
}

function formField({ name, label, type, required = 'never', values, min, max, maxLength }: Field): FormField {
  const limits = { values, min, max, maxLength };
  return {
    name,
    label: label ?? wordsOf(name),
    type,
    // A form posts the whole lead: it has to bring what a ping needs as well.
    required: required !== 'never',
    ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
  };
}

/** `first_name` → `First name` */
function wordsOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
