/** Integer micro-dollars: 1 USD = 1_000_000. Every amount inside Leadwire is one; floats never meet arithmetic. */
export type Micros = number;

export const MICROS_PER_DOLLAR = 1_000_000;
/** Amounts are dollars throughout. */
export const CURRENCY = 'USD';
const FRACTION_DIGITS = 6;
const MAX_DOLLARS = 1_000_000_000;
const MAX_LENGTH = 64;

const NUMBER_TEXT = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;
// Thousands groups must be whole: "12,50" could be a European twelve and a half, so it is no price at all.
const PRICE_TEXT = /^(?:USD ?|US\$ ?|\$ ?)?(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?(?: ?(?:USD|\$))?$/i;

/**
 * A price as a buyer writes it: a number, or text such as "1.0000", "$12.50", "12.50 USD" or "1,234.50". Undefined
 * when it is none: not finite, negative, above 1,000,000,000 dollars, or ambiguous. Rounds half to even beyond
 * six decimals, on the decimal digits.
 */
export function parsePrice(value: unknown): Micros | undefined {
  if (typeof value === 'number') {
    const [, whole, fraction = '', exponent = '0'] = NUMBER_TEXT.exec(String(value)) ?? [];
    return whole === undefined ? undefined : fromDigits(...shift(whole, fraction, Number(exponent)));
  }
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  const [matched, whole = '', fraction = ''] = PRICE_TEXT.exec(value.trim()) ?? [];
  if (matched === undefined || whole + fraction === '') return undefined;
  return fromDigits(whole.replaceAll(',', ''), fraction);
}

/** An amount of the configuration that may be below zero. */
export function signedMicros(dollars: number): Micros {
  return Math.sign(dollars) * (parsePrice(Math.abs(dollars)) ?? 0);
}

/** Plain dollars for the API, rules and mappings: 12_500_000 → 12.5. */
export function toDecimal(micros: Micros): number {
  return micros / MICROS_PER_DOLLAR;
}

/** Dollars as text with two to six decimals: 12_500_000 → "12.50". */
export function formatPrice(micros: Micros): string {
  const digits = String(Math.abs(micros)).padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0{1,4}$/, '');
  return `${micros < 0 ? '-' : ''}${whole}.${fraction}`;
}

function shift(whole: string, fraction: string, exponent: number): [string, string] {
  if (exponent === 0) return [whole, fraction];
  if (exponent > 0) {
    const digits = fraction.padEnd(exponent, '0');
    return [whole + digits.slice(0, exponent), digits.slice(exponent)];
  }
  const digits = whole.padStart(-exponent + 1, '0');
  return [digits.slice(0, exponent), digits.slice(exponent) + fraction];
}

function fromDigits(whole: string, fraction: string): Micros | undefined {
  const dollars = Number(whole || '0');
  if (dollars > MAX_DOLLARS) return undefined;
  const kept = Number(fraction.slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, '0'));
  const micros = dollars * MICROS_PER_DOLLAR + kept + roundHalfEven(kept, fraction.slice(FRACTION_DIGITS));
  return micros > MAX_DOLLARS * MICROS_PER_DOLLAR ? undefined : micros;
}

/** What the digits past the last kept one add to it: 0 or 1. */
function roundHalfEven(kept: number, rest: string): 0 | 1 {
  const first = rest.charAt(0);
  if (first === '' || first < '5') return 0;
  const exactlyHalf = first === '5' && /^0*$/.test(rest.slice(1));
  return exactlyHalf && kept % 2 === 0 ? 0 : 1;
}
