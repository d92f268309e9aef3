import type { Field, FieldType } from '../../schema/field.ts';

/** What a field of a type takes and in which form it is kept, in words for people who post leads. */
export const FIELD_FORMS: Record<FieldType, { takes: string; keeps: string }> = {
  text: { takes: 'Text', keeps: 'Trimmed, inner white space as one space' },
  number: { takes: 'A number, such as 1200, "1,200" or "$1,200.50"', keeps: 'A number' },
  date: { takes: 'A date, such as 1990-07-04, 07/04/1990 or 19900704', keeps: 'As 1990-07-04' },
  email: { takes: 'An e-mail address', keeps: 'In lower case' },
  phone: {
    takes: 'A phone number in any usual form; of the United States unless it has a country code',
    keeps: 'As +12125550198',
  },
  zip: { takes: 'A ZIP code or ZIP+4 of the United States', keeps: 'Five digits' },
  state: { takes: 'A state of the United States, its code or its name', keeps: 'Its two letters' },
  enum: { takes: 'One of the allowed values, in any case', keeps: 'As the list spells it' },
  boolean: { takes: 'true or false; 1 or 0, yes or no, y or n, on or off, t or f', keeps: 'true or false' },
  ip: { takes: 'An IPv4 or IPv6 address', keeps: 'In canonical form' },
  url: { takes: 'An address that starts with http:// or https://', keeps: 'In canonical form' },
};

/** A field in one sentence. */
export function describeField({ label, type }: Pick<Field, 'label' | 'type'>): string {
  const { takes, keeps } = FIELD_FORMS[type];
  return `${label ? `${label}. ` : ''}${takes}. Kept: ${keeps.charAt(0).toLowerCase()}${keeps.slice(1)}`;
}
