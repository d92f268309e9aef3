import { argumentsOf, expressionOf } from './operators.ts';
import { applyLogic, type RuleData } from './run.ts';

const COMPARED: Readonly<Record<string, string>> = {
  '==': 'is',
  '===': 'is',
  '!=': 'is not',
  '!==': 'is not',
  '>': 'is more than',
  '>=': 'is at least',
  '<': 'is less than',
  '<=': 'is at most',
};

const OPPOSITE: Readonly<Record<string, string>> = {
  is: 'is not',
  'is not': 'is',
  'is more than': 'is not more than',
  'is at least': 'is less than',
  'is less than': 'is not less than',
  'is at most': 'is more than',
};

const NAMES: Readonly<Record<string, string>> = {
  'lead.score': 'the score',
  'facts.score': 'the score',
  'facts.state': 'the state',
  'facts.zip_state': 'the state of the ZIP code',
  'facts.county': 'the county',
  'facts.timezone': "the consumer's time zone",
  'facts.local_hour': "the hour on the consumer's clock",
  'facts.local_time': "the time on the consumer's clock",
  'facts.local_day': "the day on the consumer's calendar",
  'facts.area_code': 'the area code',
  'facts.age_minutes': 'the age of the lead in minutes',
  'facts.consent': 'consent',
  'source.id': 'the source',
  'source.seller': 'the seller',
  'integration.acceptance': 'the part of posts it accepted',
  'integration.average_bid': 'its average bid',
  'integration.response_ms': 'its response time in milliseconds',
  '': 'the item',
};

/** What people call a variable: a field by its name. */
function nameOf(variable: unknown): string {
  const path = String(variable);
  return (
    (Object.hasOwn(NAMES, path) ? NAMES[path] : undefined) ?? path.replace(/^lead\./, '').replace(/^now\./, 'the ')
  );
}

/** A condition in words, as it was written: "age is at least 25". */
export function sayCondition(node: unknown, negated = false): string {
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined)
    return typeof node === 'boolean' ? (node !== negated ? 'always' : 'never') : sayValue(node);
  const given = argumentsOf(value);
  const [first, second, third] = given;
  const not = negated ? 'not ' : '';
  switch (operator) {
    case 'and':
    case 'or':
      return given
        .map((part) => sayCondition(part, negated))
        .map((part) => (given.length > 1 && / (and|or) /.test(part) ? `(${part})` : part))
        .join((operator === 'and') === negated ? ' or ' : ' and ');
    case '!':
      return sayCondition(first, !negated);
    case '!!':
      return sayCondition(first, negated);
    case 'in':
      if (Array.isArray(second)) return `${sayOperand(first)} is ${not}one of ${sayList(second)}`;
      return `${sayOperand(second)} does ${negated ? 'not ' : ''}hold ${sayOperand(first)}`;
    case 'in_list':
      return `${sayOperand(first)} is ${not}on the list ${String(second)}`;
    case 'matches':
      return `${sayOperand(first)} ${negated ? 'does not match' : 'matches'} the pattern ${sayValue(second)}`;
    case 'within_miles':
      return `${sayOperand(first)} is ${not}within ${String(third)} miles of ${String(second)}`;
    case 'missing':
      return `${given.flat().map(nameOf).join(', ')} ${negated ? 'is there' : 'is missing'}`;
    case 'var':
      return `${nameOf(first)} is ${not}set`;
    case '<':
    case '<=':
      if (given.length === 3) {
        const between = `${sayOperand(second)} is ${not}between ${sayOperand(first)} and ${sayOperand(third)}`;
        return operator === '<' ? `${between}, both excluded` : between;
      }
  }
  const verb = COMPARED[operator];
  if (verb === undefined || given.length !== 2) return `${negated ? 'not ' : ''}${JSON.stringify(node)}`;
  return `${sayOperand(first)} ${negated ? (OPPOSITE[verb] ?? verb) : verb} ${sayOperand(second)}`;
}

/** What the variables were, in words: "age is 19". */
export function sayValues(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${nameOf(name)} is ${sayValue(value)}`)
    .join(', ');
}

export function sayValue(value: unknown): string {
  if (value === null || value === undefined) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}

/** The part of a condition that a failure's path leads to. */
export function partAt(node: unknown, path: string): unknown {
  let at = node;
  for (const [, index, quoted, name] of path.matchAll(/\[(\d+)\]|"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*)/g)) {
    if (index !== undefined) at = Array.isArray(at) ? at[Number(index)] : at;
    else at = (at as Record<string, unknown> | undefined)?.[quoted ?? name ?? ''];
    if (at === undefined) return undefined;
  }
  return at;
}

/** What operators of our own came to, where that says more than their variables. */
export function sayComputed(node: unknown, data: RuleData): string[] {
  if (Array.isArray(node)) return node.flatMap((part) => sayComputed(part, data));
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === undefined) return [];
  const given = argumentsOf(value);
  if (operator === 'days_since') {
    const days = Number(applyLogic(node, data));
    return Number.isNaN(days) ? [] : [`that is ${days} days ago`];
  }
  if (operator !== 'within_miles') return given.flatMap((part) => sayComputed(part, data));
  const miles = data.places.miles(String(applyLogic(given[0], data)), String(given[1]));
  return miles === undefined ? ['nobody knows where that is'] : [`that is ${miles.toFixed(1)} miles away`];
}

function sayOperand(node: unknown): string {
  const [operator, value] = expressionOf(node) ?? [];
  if (operator === 'var') return nameOf(argumentsOf(value)[0]);
  if (operator === 'days_since') return `the number of days since ${sayOperand(argumentsOf(value)[0])}`;
  return operator === undefined ? sayValue(node) : JSON.stringify(node);
}

function sayList(values: readonly unknown[]): string {
  const shown = values.slice(0, 8).map(sayValue).join(', ');
  return values.length > 8 ? `${shown} and ${values.length - 8} more` : shown;
}
