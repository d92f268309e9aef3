import { join, type Findings } from './issues.ts';

const MAX_DEPTH = 64;
const MAX_VALUES = 500_000;

/**
 * Whether a value is plain data of sane size: what JSON can say, no cycles, no key that means something to JavaScript.
 * Everything after this may recurse without care.
 */
export function isPlainData(input: unknown, findings: Findings): boolean {
  let values = 0;
  let plain = true;

  function refuse(path: string, code: string, message: string) {
    findings.error(path, code, message);
    plain = false;
  }

  function visit(value: unknown, path: string, depth: number): void {
    if (++values === MAX_VALUES) refuse(path, 'too_large', `has more than ${MAX_VALUES} values`);
    if (values >= MAX_VALUES) return;
    if (depth > MAX_DEPTH) return refuse(path, 'too_deep', `is nested more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) return value.forEach((item, index) => visit(item, join(path, index), depth + 1));
    if (typeof value === 'object' && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return refuse(path, 'wrong_type', 'is not plain data');
      for (const [key, item] of Object.entries(value)) {
        if (key === '__proto__') refuse(join(path, key), 'unknown_property', 'is not a name that can be used');
        else visit(item, join(path, key), depth + 1);
      }
      return;
    }
    if (typeof value === 'number' && !Number.isFinite(value)) refuse(path, 'wrong_value', 'must be a finite number');
    if (['bigint', 'function', 'symbol'].includes(typeof value)) refuse(path, 'wrong_type', 'is not plain data');
  }

  visit(input, '', 0);
  return plain;
}
