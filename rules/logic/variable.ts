import { FACT_NAMES } from './facts.ts';
import { NOW_NAMES } from './now.ts';

const ROOTS: ReadonlySet<string> = new Set(['lead', 'source', 'campaign', 'now', 'facts', 'integration']);
/** Roots of which everything that is there is known. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  now: NOW_NAMES,
  facts: FACT_NAMES,
  integration: ['id', 'acceptance', 'average_bid', 'response_ms', 'postback_hours', 'days_to_pay'],
};
// json-logic-js reads inherited properties too: lead.constructor would be a function, and true.
const INHERITED = new Set<string>(Object.getOwnPropertyNames(Object.prototype).concat('prototype'));
const OF_VALUES = new Set<string>(
  [String.prototype, Number.prototype, Boolean.prototype, Array.prototype].flatMap((prototype) =>
    Object.getOwnPropertyNames(prototype),
  ),
);

/** What is wrong with the path of a variable of the lead, or undefined. */
export function variableFault(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'must be a path such as "lead.zip"';
  const [root = '', ...names] = path.split('.');
  if (!ROOTS.has(root) || names.length === 0)
    return `must start with ${[...ROOTS].map((name) => `${name}.`).join(', ')}`;
  const known = Object.hasOwn(KNOWN, root) ? KNOWN[root] : undefined;
  if (known && (names.length > 1 || !known.includes(names[0] ?? ''))) {
    return `must be one of ${known.map((name) => `${root}.${name}`).join(', ')}`;
  }
  return nameFault(names);
}

/** As `variableFault`, for a variable inside a loop, where the item is the root and "" the item itself. */
export function itemVariableFault(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'must be a path inside the item, or ""';
  return path === '' ? undefined : nameFault(path.split('.'), 0);
}

/** From `plainNames` on, names may be read from a text or list, which have properties of their own. */
function nameFault(names: readonly string[], plainNames = 1): string | undefined {
  const wrong = names.find(
    (name, at) => name === '' || INHERITED.has(name) || (at >= plainNames && OF_VALUES.has(name)),
  );
  if (wrong === undefined) return undefined;
  return wrong === '' ? 'has an empty name' : `may not read ${wrong}`;
}
