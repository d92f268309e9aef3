import { createHash } from 'node:crypto';
import { compileFields } from './fields.ts';

/** Longest value of a list, in characters. */
const MAX_LENGTH = 500;

/**
 * The value of a list, or of a lead that is looked up in it, in the one form both are kept in; undefined when it is no
 * value of the list's type. Text goes without regard to case.
 */
export function createListReader(
  type: 'text' | 'phone' | 'email' | 'zip' | 'state',
): (value: unknown) => string | undefined {
  if (type === 'text') {
    return (value) => {
      const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : '';
      return text === '' || text.length > MAX_LENGTH ? undefined : text;
    };
  }
  const fields = compileFields([{ name: 'value', type }]);
  return (value) => {
    const { value: read } = fields.normalise({ value }, 'ping').values;
    return typeof read === 'string' ? read : undefined;
  };
}

/** What a value is stored as: half of its SHA-256, which keeps every entry short and phone numbers out of sight. */
export function listKey(value: string): string {
  return createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
}
