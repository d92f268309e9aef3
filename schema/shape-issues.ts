import type { z } from 'zod';
import type { Issue } from '../errors/leadwire-error.ts';

type Key = string | number;

/** `path` extended by keys: `integrations[2].post`. */
export function join(path: string, ...keys: readonly Key[]): string {
  return keys.reduce<string>((joined, key) => {
    if (typeof key === 'number') return `${joined}[${key}]`;
    return joined === '' ? key : `${joined}.${key}`;
  }, path);
}

/** What zod found, one issue for each mistake. */
export function shapeIssues(found: readonly z.core.$ZodIssue[], path: string): Issue[] {
  return found.flatMap((issue): Issue[] => {
    const at = join(path, ...(issue.path as Key[]));
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ path: join(at, key), code: 'unknown_property', message: 'is not known' }));
      case 'invalid_union':
        return closest(issue, at);
      case 'invalid_type':
        if (issue.input === undefined) return [missing(at)];
        return [{ path: at, code: 'wrong_type', message: `must be ${article(issue.expected)}` }];
      case 'invalid_value':
        if (issue.input === undefined) return [missing(at)];
        return [{ path: at, code: 'wrong_value', message: `must be ${issue.values.map(String).join(' or ')}` }];
      case 'too_small':
        return [{ path: at, code: 'wrong_value', message: bound('at least', 'more than', issue, issue.minimum) }];
      case 'too_big':
        return [{ path: at, code: 'wrong_value', message: bound('at most', 'less than', issue, issue.maximum) }];
      default:
        return [{ path: at, code: 'wrong_value', message: uncapitalised(issue.message) }];
    }
  });
}

/** Of the alternatives of a union, the mistakes in the one that was most likely meant. */
function closest(issue: z.core.$ZodIssueInvalidUnion, at: string): Issue[] {
  const shapes = issue.errors.filter((errors) => !errors.some(isOtherKind));
  if (shapes.length === 0) return [{ path: at, code: 'wrong_type', message: `must be ${kinds(issue.errors)}` }];
  const [first] = shapes.map((errors) => shapeIssues(errors, at)).sort((a, b) => a.length - b.length);
  return first ?? [];
}

/** Whether the value is not even of the kind that this alternative wants. */
function isOtherKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function missing(path: string): Issue {
  return { path, code: 'missing', message: 'is missing' };
}

function bound(
  inclusive: string,
  exclusive: string,
  { origin, inclusive: included = true }: { origin: string; inclusive?: boolean },
  limit: number | bigint,
) {
  const words = `${included ? inclusive : exclusive} ${limit}`;
  if (origin === 'string') return `must have ${words} characters`;
  return origin === 'array' ? `must have ${words} entries` : `must be ${words}`;
}

function kinds(errors: readonly z.core.$ZodIssue[][]): string {
  const wanted = errors.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [article(issue.expected)] : []));
  return [...new Set(wanted)].join(' or ') || 'another value';
}

function article(expected: string) {
  const word = { record: 'object', int: 'whole number', bool: 'boolean' }[expected] ?? expected;
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

function uncapitalised(message: string) {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
