import type { Condition } from '../../schema/mapping.ts';
import { compileExpression, compileWithoutBody, type Expression, isTrue } from './expression.ts';
import { readEach } from './path.ts';
import { elementText, toText } from './plain.ts';

/** An answer, or a request, that was read: without a body that could be read there is none. */
interface Read {
  body: unknown;
}

/** Whether an answer means something; waits only where JSONata has to. Never throws. */
export type Test = (answer: Read) => boolean | Promise<boolean>;

/** Compiles a condition that was checked before. */
export function compileCondition(condition: Condition): Test {
  if (typeof condition !== 'string') return compileMatches(condition);
  const readable = compileExpression(condition);
  const unreadable = compileWithoutBody(condition);
  return (answer) => {
    const expression = answer.body === undefined ? unreadable : readable;
    return expression ? holds(expression, answer) : false;
  };
}

/** An expression that fails does not hold: a buyer's odd answer is no fault of ours. */
function holds(expression: Expression, answer: Read): boolean | Promise<boolean> {
  try {
    const value = expression.evaluate(answer);
    return value instanceof Promise ? value.then(isTrue, () => false) : isTrue(value);
  } catch {
    return false;
  }
}

/** All paths must hold one of their values, by their text: trimmed, without regard to case. */
function compileMatches(table: Exclude<Condition, string>): Test {
  const rows = Object.entries(table).map(([path, wanted]) => {
    const values = new Set([wanted].flat().map(comparable));
    return { names: path.split('.'), values };
  });
  return (answer) =>
    rows.every(({ names, values }) => readEach(answer, names).some((value) => values.has(comparable(value))));
}

/** null only equals null, not the word. */
function comparable(value: unknown): string | null {
  const scalar = elementText(value);
  return scalar === null ? null : toText(scalar).trim().toLowerCase();
}
