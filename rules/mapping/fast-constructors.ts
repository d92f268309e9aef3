import type { ExpressionNode } from './expression-tree.ts';
import { type CompileFast, type Fast, SLOW } from './fast-value.ts';

/** `{"name": value, …}` over one input, where every name is written out once. */
export function fastObject(node: ExpressionNode, compile: CompileFast): Fast | undefined {
  const pairs = Array.isArray(node.lhs) ? node.lhs : [];
  const names = pairs.map(([name]) => (name.type === 'string' && !('predicate' in name) ? name.value : undefined));
  if (new Set(names).size !== names.length || names.some((name) => !isPlainName(name))) return undefined;
  const values = pairs.map(([, value]) => compile(value));
  if (!isComplete(values)) return undefined;
  return (input, answer) => {
    // JSONata groups the elements of a list by name.
    if (Array.isArray(input) || input === undefined) return SLOW;
    const result: Record<string, unknown> = {};
    for (const [index, evaluate] of values.entries()) {
      const value = evaluate(input, answer);
      if (value === SLOW) return SLOW;
      if (value !== undefined) result[names[index] as string] = value;
    }
    return result;
  };
}

/** `[a, b, …]`: missing values are left out, lists are joined unless they are written as one. */
export function fastArray(node: ExpressionNode, compile: CompileFast): Fast | undefined {
  const items = node.expressions ?? [];
  const values = items.map((item) => compile(item));
  if (!isComplete(values) || 'consarray' in node) return undefined;
  const nested = items.map((item) => item.value === '[');
  return (input, answer) => {
    const result: unknown[] = [];
    for (const [index, evaluate] of values.entries()) {
      const value = evaluate(input, answer);
      if (value === SLOW) return SLOW;
      if (Array.isArray(value) && !nested[index]) result.push(...(value as unknown[]));
      else if (value !== undefined) result.push(value);
    }
    return result;
  };
}

/** `value in ["a", "b"]` with literals on the right. */
export function fastIn(node: ExpressionNode, compile: CompileFast): Fast | undefined {
  const left = Array.isArray(node.lhs) ? undefined : compile(node.lhs);
  const list = node.rhs?.type === 'unary' && node.rhs.value === '[' ? node.rhs.expressions : undefined;
  if (!left || !list?.length || 'predicate' in (node.rhs ?? {})) return undefined;
  if (list.some(({ type }) => type !== 'string' && type !== 'number' && type !== 'value')) return undefined;
  const allowed = list.map((item) => item.value);
  return (input, answer) => {
    const value = left(input, answer);
    if (value === undefined || value === SLOW) return value === SLOW ? SLOW : false;
    return allowed.includes(value);
  };
}

function isPlainName(name: unknown): boolean {
  return typeof name === 'string' && !/^(?:__proto__|_jsonata_lambda|_jsonata_function)$/.test(name);
}

function isComplete(values: (Fast | undefined)[]): values is Fast[] {
  return values.every((value) => value !== undefined);
}
