import { isForbiddenName } from './path.ts';

const MAX_DEPTH = 100;

/** A plain JSON copy of what an expression gave: no sequences, no functions, no prototypes. Undefined when nothing is left. */
export function toPlain(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || depth > MAX_DEPTH || isJsonataFunction(value)) return undefined;
  if (value instanceof Date) return toText(value);
  if (Array.isArray(value)) {
    return value.map((item: unknown) => toPlain(item, depth + 1)).filter((item) => item !== undefined);
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const plain = isForbiddenName(key) ? undefined : toPlain(item, depth + 1);
    if (plain !== undefined) copy[key] = plain;
  }
  return copy;
}

/** A value as text: nothing for absent and null, JSON for lists and objects. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null || typeof value === 'function' || typeof value === 'symbol') return '';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value as number | boolean | bigint);
}

/** An element with attributes stands for its text: `<price currency="USD">6.66</price>` → "6.66". */
export function elementText(value: unknown): unknown {
  if (value !== null && typeof value === 'object' && Object.hasOwn(value, '#text')) {
    return (value as Record<string, unknown>)['#text'];
  }
  return value;
}

function isJsonataFunction(value: object): boolean {
  return '_jsonata_function' in value || '_jsonata_lambda' in value;
}
