import { listId } from '../../schema/ids.ts';
import type { Operator } from './operators.ts';
import { patternFault } from './pattern.ts';

const MAX_MILES = 5000;

/** The operators that JSON-Logic lacks and leads need. `compileLogic` prepares their second arguments. */
export const NATIVE: readonly [string, Operator][] = [
  [
    'in_list',
    { least: 2, most: 2, ofLead: true, fault: (given, nth) => (nth === 0 ? readFault(given) : listFault(given)) },
  ],
  ['matches', { least: 2, most: 2, fault: (given, nth) => (nth === 1 ? patternFault(given) : undefined) }],
  ['days_since', { least: 1, most: 1, ofLead: true }],
  ['within_miles', { least: 3, most: 3, ofLead: true, fault: circleFault }],
];

/** A list is asked before the rule runs, so what to ask for has to be readable from the rule. */
function readFault(given: unknown): string | undefined {
  const isRead = typeof given === 'object' && given !== null && Object.keys(given).join() === 'var';
  return isRead ? undefined : 'must be a variable such as {"var": "lead.phone"}';
}

function listFault(given: unknown): string | undefined {
  return listId.safeParse(given).success ? undefined : 'must be the id of a list, such as lst_dnc';
}

function circleFault(given: unknown, nth: number): string | undefined {
  if (nth === 1) return typeof given === 'string' && /^\d{5}$/.test(given) ? undefined : 'must be a ZIP code in quotes';
  const isDistance = nth === 0 || (typeof given === 'number' && given > 0 && given <= MAX_MILES);
  return isDistance ? undefined : `must be a number of miles up to ${MAX_MILES}`;
}
