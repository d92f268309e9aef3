import { fault, type Reading } from './reading.ts';

// Thousands groups must be whole: "1,20" could be a European decimal, so it is no number at all.
const NUMBER_TEXT = /^([+-]?) ?\$? ?([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?$/;

/** Reads 1200, "1200", "1,200", "$1,200.50" and "-5". */
export function readNumber(text: string, raw: unknown): Reading {
  const value = typeof raw === 'number' ? raw : typeof raw === 'string' ? parse(text) : NaN;
  // Minus zero would print as "-0" in a mapping.
  return Number.isFinite(value) ? { value: value + 0 } : fault('not_a_number', 'is not a number');
}

function parse(text: string): number {
  const [matched, sign = '', innerSign = '', whole = '', fraction = ''] = NUMBER_TEXT.exec(text) ?? [];
  if (matched === undefined || whole + fraction === '' || (sign && innerSign)) return NaN;
  return Number(`${sign}${innerSign}${whole.replaceAll(',', '') || '0'}.${fraction || '0'}`);
}
