import type { Field, FieldClass } from '../../schema/field.ts';

/** In doubt a name counts as personal: masking too much is repaired by naming a class, masking too little is not. */
const BY_NAME: readonly [FieldClass, RegExp][] = [
  [
    'sensitive',
    words(
      'ssn|itin|tin|sin|social|social_?security|dob|birth|birth_?date|birthday|date_?of_?birth|passport|license_?number' +
        '|licence_?number|drivers?_?licen[cs]e|dl_?number|tax_?id|medicare|medicaid|health|medical|diagnosis|medications?' +
        '|disability|race|ethnicity|religion|gender|sex|password|pin|credit_?score|fico|cvv|iban|(?:bank_?)?account_?number' +
        '|(?:bank_?)?routing(?:_?number)?|(?:credit_?|debit_?)?card_?number|vin|ip|ip_?address',
    ),
  ],
  ['email', words('e_?mail|email_?address')],
  ['phone', words('phone|phone_?number|mobile|cell|cellphone|telephone|tel|fax|landline')],
  [
    'address',
    words(
      'zip|zip_?code|postal|post_?code|postal_?code|postcode|city|town|state|county|address|address_?line|addr|street' +
        '|apt|apartment|lat|latitude|lng|lon|longitude',
    ),
  ],
  ['name', words('name|first_?name|last_?name|middle_?name|full_?name|fname|lname|surname|firstname|lastname')],
];

/** Names of things, not of people. */
const NOT_A_PERSON = /(?:^|_)(?:product|campaign|vehicle|model|make|brand|plan|event|page|site|form|browser)_?name$/;

/** The kind of personal data in a field: as it says, otherwise by its type and name. */
export function fieldClass(field: Pick<Field, 'name' | 'type' | 'class'>): FieldClass {
  if (field.class) return field.class;
  switch (field.type) {
    case 'email':
    case 'phone':
      return field.type;
    case 'zip':
    case 'state':
      return 'address';
    case 'ip':
      return 'sensitive';
    default:
      return byName(field);
  }
}

function byName({ name, type }: Pick<Field, 'name' | 'type'>): FieldClass {
  if (NOT_A_PERSON.test(name)) return 'other';
  const found = BY_NAME.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
  // A yes or no about a phone is no phone; one about somebody's health is as telling as any.
  return found === 'sensitive' || (type !== 'boolean' && type !== 'enum' && type !== 'url') ? found : 'other';
}

function words(alternatives: string): RegExp {
  return new RegExp(`(?:^|_)(?:${alternatives})\\d*(?:_|$)`);
}
