import type { ExpressionNode } from './expression-tree.ts';
import { type CompileFast, type Fast, SLOW, truth } from './fast-value.ts';
import { compileRegex } from './regex-engine.ts';

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;

/** Calls of the functions below, with all their arguments written out. */
export function fastFunction(node: ExpressionNode, compile: CompileFast): Fast | undefined {
  const { procedure, arguments: parameters = [] } = node;
  if (procedure?.type !== 'variable' || typeof procedure.value !== 'string') return undefined;
  if (procedure.value === 'contains' && parameters.length === 2)
    return fastContains(compile(parameters[0]), parameters[1]);
  const known = Object.hasOwn(FUNCTIONS, procedure.value) ? FUNCTIONS[procedure.value] : undefined;
  const parameter = parameters.length === 1 ? compile(parameters[0]) : undefined;
  if (!known || !parameter) return undefined;
  return (input, answer) => {
    const value = parameter(input, answer);
    return value === SLOW ? SLOW : known(value);
  };
}

const FUNCTIONS: Record<string, (value: unknown) => unknown> = {
  lowercase: onText((text) => text.toLowerCase()),
  uppercase: onText((text) => text.toUpperCase()),
  trim: onText((text) =>
    text
      .replace(/[ \t\n\r]+/g, ' ')
      .replace(/^ /, '')
      .replace(/ $/, ''),
  ),
  number: (value) => {
    if (value === undefined || typeof value === 'number') return value;
    const number = typeof value === 'string' && DECIMAL.test(value) ? parseFloat(value) : NaN;
    return Number.isFinite(number) ? number : SLOW;
  },
  exists: (value) => value !== undefined,
  boolean: (value) => (value === undefined ? undefined : truth(value)),
  not: (value) => {
    if (value === undefined) return undefined;
    const holds = truth(value);
    return holds === SLOW ? SLOW : !holds;
  },
};

function onText(change: (text: string) => string): (value: unknown) => unknown {
  return (value) => (value === undefined ? undefined : typeof value === 'string' ? change(value) : SLOW);
}

function fastContains(subject: Fast | undefined, token: ExpressionNode | undefined): Fast | undefined {
  if (!subject) return undefined;
  let found: (text: string) => boolean;
  if (token?.type === 'string' && typeof token.value === 'string') {
    const part = token.value;
    found = (whole) => whole.includes(part);
  } else if (token?.type === 'regex' && token.value instanceof RegExp) {
    const pattern = compileRegex(token.value);
    found = (whole) => pattern.test(whole);
  } else return undefined;
  return (input, answer) => {
    const value = subject(input, answer);
    return value === undefined ? undefined : typeof value === 'string' ? found(value) : SLOW;
  };
}
