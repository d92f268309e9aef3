import type { Field, Normaliser } from '../../schema/field.ts';
import { fieldClass } from './class.ts';
import { cleanText } from './reading.ts';

const NORMALISABLE: ReadonlySet<Field['type']> = new Set(['text', 'enum', 'zip']);

/** Whether normalisers have an effect on a field of this type; every other type has one right form of its own. */
export function isNormalisable({ type }: Pick<Field, 'type'>): boolean {
  return NORMALISABLE.has(type);
}

const STEPS: Record<Normaliser, (text: string) => string> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  title: titleCase,
  name: cleanName,
  digits: (text) => text.replace(/[^0-9]/g, ''),
  letters: (text) => text.replace(/[^\p{L}\p{M} ]/gu, ''),
  alphanumeric: (text) => text.replace(/[^\p{L}\p{M}\p{Nd} ]/gu, ''),
  ascii: (text) =>
    text
      .normalize('NFKD')
      .replace(/[‘’ʼ]/g, "'")
      .replace(/[“”]/g, '"')
      .replace(/\p{Pd}/gu, '-')
      .replace(/[^ -~]/g, ''),
};

/** What is done to a field's clean text before its reader sees it; `undefined` when nothing is. */
export function fieldNormaliser(field: Field): ((text: string) => string) | undefined {
  const names = field.normalise ?? (field.type === 'text' && fieldClass(field) === 'name' ? ['name' as const] : []);
  if (names.length === 0 || !isNormalisable(field)) return undefined;
  const steps = names.map((name) => STEPS[name]);
  return (text) => cleanText(steps.reduce((result, step) => step(result), text));
}

/**
 * A name without what surrounds it: quotes, commas, brackets and the like; typographic apostrophes become plain ones.
 * The case stays: nobody can tell the right one of "MCDONALD".
 */
function cleanName(text: string): string {
  return text
    .replace(/[‘’ʼ`´]/g, "'")
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[^\p{L}\p{M}\p{N}.)]+$/u, '')
    .replace(/^\.+$/, '');
}

/** "ADA O'BRIEN-SMITH" → "Ada O'Brien-Smith". A text that has both cases was written with care and stays. */
function titleCase(text: string): string {
  if (/\p{Ll}/u.test(text) && /\p{Lu}/u.test(text)) return text;
  return text
    .toLowerCase()
    .replace(/(^|[\s(/\p{Pd}]|(?<=\p{L})'(?=\p{L}{2}))(\p{L})/gu, (_match, before: string, letter: string) => {
      const upper = letter.toUpperCase();
      // ß has no capital of its own.
      return before + (upper.length === letter.length ? upper : letter);
    });
}
