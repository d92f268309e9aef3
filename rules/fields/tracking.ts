import type { Field } from '../../schema/field.ts';

const TEXTS = [
  ...['sub1', 'sub2', 'sub3', 'sub4', 'sub5'],
  ...['adv1', 'adv2', 'adv3', 'adv4', 'adv5'],
  ...['utm_source', 'utm_medium', 'utm_campaign', 'utm_adgroup', 'utm_matchtype', 'utm_term', 'utm_content'],
  ...['utm_creative', 'utm_placement', 'clid', 'external_clickid'],
];

/** Dollars; what money can hold. */
const MAX_AMOUNT = 1_000_000_000;

/** How a posted cost changes the lead's cost so far. Sellers spell subtracting both ways. */
export const COST_OPERATIONS = ['add', 'subtract', 'substract', 'override'] as const;

/** The fields that every lead may carry beside its campaign's own. Amounts are plain dollars. */
export const TRACKING: readonly Field[] = [
  ...TEXTS.map((name): Field => ({ name, type: 'text', class: 'other' })),
  { name: 'cost', type: 'number', min: -MAX_AMOUNT, max: MAX_AMOUNT },
  { name: 'cost_operation', type: 'enum', values: [...COST_OPERATIONS] },
  { name: 'adSpend', type: 'number', min: 0, max: MAX_AMOUNT },
  { name: 'min_price', type: 'number', min: 0, max: MAX_AMOUNT },
  { name: 'tcpa_consent', type: 'boolean' },
  { name: 'tcpa_consent_date', type: 'date' },
];
