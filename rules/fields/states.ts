/** The states, the District of Columbia, the territories and the military post's regions. */
const NAMES: Readonly<Record<string, string>> = {
  AL: 'Alabama',
  AK: 'Alaska',
  AZ: 'Arizona',
  AR: 'Arkansas',
  CA: 'California',
  CO: 'Colorado',
  CT: 'Connecticut',
  DE: 'Delaware',
  DC: 'District of Columbia',
  FL: 'Florida',
  GA: 'Georgia',
  HI: 'Hawaii',
  ID: 'Idaho',
  IL: 'Illinois',
  IN: 'Indiana',
  IA: 'Iowa',
  KS: 'Kansas',
  KY: 'Kentucky',
  LA: 'Louisiana',
  ME: 'Maine',
  MD: 'Maryland',
  MA: 'Massachusetts',
  MI: 'Michigan',
  MN: 'Minnesota',
  MS: 'Mississippi',
  MO: 'Missouri',
  MT: 'Montana',
  NE: 'Nebraska',
  NV: 'Nevada',
  NH: 'New Hampshire',
  NJ: 'New Jersey',
  NM: 'New Mexico',
  NY: 'New York',
  NC: 'North Carolina',
  ND: 'North Dakota',
  OH: 'Ohio',
  OK: 'Oklahoma',
  OR: 'Oregon',
  PA: 'Pennsylvania',
  RI: 'Rhode Island',
  SC: 'South Carolina',
  SD: 'South Dakota',
  TN: 'Tennessee',
  TX: 'Texas',
  UT: 'Utah',
  VT: 'Vermont',
  VA: 'Virginia',
  WA: 'Washington',
  WV: 'West Virginia',
  WI: 'Wisconsin',
  WY: 'Wyoming',
  AS: 'American Samoa',
  GU: 'Guam',
  MP: 'Northern Mariana Islands',
  PR: 'Puerto Rico',
  VI: 'Virgin Islands',
  AA: 'Armed Forces Americas',
  AE: 'Armed Forces Europe',
  AP: 'Armed Forces Pacific',
};

export const STATE_CODES: readonly string[] = Object.keys(NAMES);

const OTHER_NAMES: Readonly<Record<string, string>> = {
  washingtondc: 'DC',
  usvirginislands: 'VI',
  unitedstatesvirginislands: 'VI',
};

const BY_NAME: ReadonlyMap<string, string> = new Map([
  ...Object.entries(NAMES).flatMap(([code, name]): [string, string][] => [
    [letters(code), code],
    [letters(name), code],
  ]),
  ...Object.entries(OTHER_NAMES),
]);

/** The two-letter code of a state by its name or code, however it is spaced and capitalised. */
export function stateCode(text: string): string | undefined {
  return BY_NAME.get(letters(text.replace(/^US-/i, '')));
}

export function isStateCode(code: string): boolean {
  return Object.hasOwn(NAMES, code);
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[\s.,'-]/g, '');
}
