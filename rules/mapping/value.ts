import { compileExpression, type Expression } from './expression.ts';
import { wellFormed } from './escape.ts';
import { elementText, toPlain, toText } from './plain.ts';

/** A value in an answer; a promise only where JSONata has to be waited for. Never throws. */
export type Value = (input: unknown, answer?: unknown) => unknown;

const MAX_TEXT = 500;
const MAX_ID = 200;

/** Compiles an expression that was checked before; one that fails counts as absent. */
export function compileValue(source: string): Value {
  const expression = compileExpression(source);
  return (input, answer) => evaluateSafely(expression, input, answer);
}

export function evaluateSafely(expression: Expression, input: unknown, answer?: unknown): unknown {
  try {
    const value = expression.evaluate(input, answer);
    return value instanceof Promise ? value.catch(() => undefined) : value;
  } catch {
    return undefined;
  }
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** A buyer's id: one short text or number. */
export function identifier(value: unknown): string | undefined {
  const scalar = elementText(value);
  if (typeof scalar !== 'string' && typeof scalar !== 'number') return undefined;
  const text = String(scalar).trim();
  return text === '' || text.length > MAX_ID ? undefined : text;
}

/** A buyer's words, cut to a length an operator reads; several are joined. */
export function words(value: unknown): string | undefined {
  const plain = toPlain(elementText(value));
  const parts = Array.isArray(plain) ? plain.map(toText) : [toText(plain)];
  const text = parts
    .filter((part) => part.trim() !== '')
    .join('; ')
    .trim();
  return text === '' ? undefined : wellFormed(text.slice(0, MAX_TEXT));
}
