import { RE2JS } from 're2js';

const MAX_PATTERN = 500;
/** Steps that a pattern may take for each character of a text. */
const MAX_PROGRAM = 500;
/** What is matched of a text: with the above, no pattern can take more than milliseconds. */
const MAX_TEXT = 1000;

/** What is wrong with a pattern, or undefined. */
export function patternFault(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'must be a pattern as text';
  if (pattern.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`;
  try {
    const tooLarge = RE2JS.compile(pattern).programSize() > MAX_PROGRAM;
    return tooLarge ? 'repeats too much: make its counted repetitions smaller' : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    return `is no pattern in RE2 syntax: ${why}`;
  }
}

/**
 * Whether the pattern matches a part of the first 1000 characters of a text. RE2 takes time in proportion to the text,
 * whatever the pattern; look-arounds and back-references, which would not, are no part of it.
 */
export function compilePattern(pattern: string): (text: unknown) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    if (typeof text !== 'string' && typeof text !== 'number') return false;
    return compiled.matcher(String(text).slice(0, MAX_TEXT)).find();
  };
}
