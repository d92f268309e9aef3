import type { ExpressionNode } from './expression-tree.ts';
import { fastArray, fastIn, fastObject } from './fast-constructors.ts';
import { fastFunction } from './fast-functions.ts';
import { fastOperator } from './fast-operators.ts';
import { type Fast, SLOW, truth } from './fast-value.ts';

/**
 * The simple expressions that most mappings consist of (paths, literals, comparisons, and/or, conditions, a few
 * functions, object constructors) without JSONata's evaluator, which awaits at every node: about a hundredth of
 * its time. Undefined when the expression has anything else in it.
 */
export function compileFastPath(node: ExpressionNode | undefined): Fast | undefined {
  if (!node || 'predicate' in node || 'group' in node || 'keepArray' in node) return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
      return () => node.value;
    case 'path':
      return fastPath(node);
    case 'variable':
      return node.value === 'answer' ? (_, answer) => (answer === undefined ? SLOW : answer) : undefined;
    case 'block':
      return node.expressions?.length === 1 ? compileFastPath(node.expressions[0]) : undefined;
    case 'condition':
      return fastCondition(node);
    case 'function':
      return fastFunction(node, compileFastPath);
    case 'binary':
      return node.value === 'in' ? fastIn(node, compileFastPath) : fastOperator(node, compileFastPath);
    case 'unary':
      return node.value === '{'
        ? fastObject(node, compileFastPath)
        : node.value === '['
          ? fastArray(node, compileFastPath)
          : undefined;
    default:
      return undefined;
  }
}

const PLAIN_STEP = new Set(['value', 'type', 'position']);

function fastPath(node: ExpressionNode): Fast | undefined {
  if (Object.keys(node).some((key) => key !== 'type' && key !== 'steps')) return undefined;
  const steps = node.steps ?? [];
  const fromAnswer = steps[0]?.type === 'variable' && steps[0].value === 'answer';
  const named = fromAnswer ? steps.slice(1) : steps;
  if (steps.some((step) => Object.keys(step).some((key) => !PLAIN_STEP.has(key)))) return undefined;
  if (named.length === 0 || named.some((step) => step.type !== 'name')) return undefined;
  const names = named.map((step) => step.value as string);
  return fromAnswer ? (_, answer) => readNames(answer, names) : (input) => readNames(input, names);
}

function readNames(root: unknown, names: readonly string[]): unknown {
  let value = root;
  for (const name of names) {
    if (value === null || typeof value !== 'object') return undefined;
    // JSONata maps over lists, and takes objects with these marks for functions.
    if (Array.isArray(value) || '_jsonata_function' in value || '_jsonata_lambda' in value) return SLOW;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return Array.isArray(value) && value.length === 0 ? SLOW : value;
}

function fastCondition(node: ExpressionNode): Fast | undefined {
  const condition = compileFastPath(node.condition);
  const then = compileFastPath(node.then);
  const otherwise = node.else ? compileFastPath(node.else) : () => undefined;
  if (!condition || !then || !otherwise) return undefined;
  return (input, answer) => {
    const holds = truth(condition(input, answer));
    return holds === SLOW ? SLOW : holds ? then(input, answer) : otherwise(input, answer);
  };
}
