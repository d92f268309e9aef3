/** Names that sellers and connectors give the same thing; the first of each row is the one connectors use. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['first_name', 'firstname', 'fname', 'given_name', 'name_first'],
  ['last_name', 'lastname', 'lname', 'surname', 'family_name', 'name_last'],
  ['email', 'email_address', 'mail', 'email1'],
  [
    'phone',
    'mobile',
    'mobile_phone',
    'cell',
    'cell_phone',
    'phone_number',
    'primary_phone',
    'home_phone',
    'phone1',
    'tel',
  ],
  ['zip', 'zip_code', 'postal_code', 'postcode', 'zip5'],
  ['state', 'state_code', 'region', 'province'],
  ['city', 'town', 'city_name'],
  ['address', 'address1', 'street', 'street_address', 'address_line_1', 'addr1'],
  ['birth_date', 'dob', 'date_of_birth', 'birthday', 'birthdate'],
  ['gender', 'sex'],
  ['age', 'age_years'],
  ['ip_address', 'ip', 'client_ip', 'user_ip', 'remote_ip'],
  ['user_agent', 'useragent', 'browser', 'ua'],
  ['trustedform_cert_url', 'trusted_form_cert_url', 'xx_trusted_form_cert_url', 'trustedform', 'trustedform_url'],
  ['jornaya_leadid', 'leadid_token', 'universal_leadid', 'jornaya_lead_id', 'leadid', 'jornaya'],
  ['landing_page_url', 'landing_page', 'source_url', 'page_url', 'url'],
  ['tcpa_consent', 'consent', 'tcpa_opt_in', 'opt_in'],
  ['amount', 'loan_amount', 'requested_amount'],
  ['income', 'monthly_income', 'net_monthly_income'],
];

const GROUPS = new Map(SYNONYMS.flatMap((names, at) => names.map((name) => [plain(name), at] as const)));

/** Whether two names are the same but for how they are written: `first_name` and `firstName`. */
export function sameName(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

/** Whether two names are known to mean the same. */
export function areSynonyms(a: string, b: string): boolean {
  const group = GROUPS.get(plain(a));
  return group !== undefined && group === GROUPS.get(plain(b));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
