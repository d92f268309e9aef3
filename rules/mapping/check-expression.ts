import { quote } from './check-path.ts';
import type { Report } from './check-report.ts';
import { parseExpression } from './expression.ts';
import { type ExpressionNode, rootNames, walk } from './expression-tree.ts';
import { compileRegex } from './regex-engine.ts';

const FUNCTIONS = new Set(
  (
    'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad ' +
    'match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs ' +
    'sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse ' +
    'each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl ' +
    'decodeUrlComponent decodeUrl toMillis fromMillis clone now millis'
  ).split(' '),
);

/** Parses an expression and checks its functions and patterns. Undefined, with the mistake reported, when it has one. */
export function checkExpression(
  source: string,
  at: string,
  report: Report,
  { roots, variables = [] }: { roots?: readonly string[]; variables?: readonly string[] },
): ExpressionNode | undefined {
  let tree: ExpressionNode;
  try {
    ({ tree } = parseExpression(source));
  } catch (error) {
    report(at, 'bad_jsonata', describe(error));
    return undefined;
  }
  checkVariables(tree, at, report, variables);
  checkPatterns(tree, at, report);
  for (const { value, position = 0 } of roots ? rootNames(tree) : []) {
    if (roots?.includes(String(value))) continue;
    report(at, 'unknown_root', `${quote(String(value))} (at character ${position}) is not one of ${roots?.join(', ')}`);
  }
  return tree;
}

function checkVariables(tree: ExpressionNode, at: string, report: Report, given: readonly string[]): void {
  const known = new Set<unknown>(['', '$', ...FUNCTIONS, ...given]);
  walk(tree, (node) => {
    if (node.type === 'bind' && node.lhs && !Array.isArray(node.lhs)) known.add(node.lhs.value);
    if (node.type === 'lambda') for (const { value } of node.arguments ?? []) known.add(value);
    if ('focus' in node) known.add(node.focus);
    if ('index' in node) known.add(node.index);
  });
  walk(tree, ({ type, value, position = 0 }) => {
    if (type !== 'variable' || known.has(value)) return;
    report(at, 'bad_jsonata', `$${String(value)} (at character ${position}) is neither a function nor a variable`);
  });
}

function checkPatterns(tree: ExpressionNode, at: string, report: Report): void {
  walk(tree, ({ type, value, position = 0 }) => {
    if (type !== 'regex') return;
    const mistake = patternMistake(value);
    if (mistake) report(at, 'bad_jsonata', `The pattern at character ${position} ${mistake}`);
  });
}

function patternMistake(pattern: unknown): string | undefined {
  // JSONata copies the left side of ?? and ?: as JSON, which turns a pattern into an empty object.
  if (!(pattern instanceof RegExp)) return 'cannot stand to the left of ?? or ?:';
  try {
    compileRegex(pattern);
    return undefined;
  } catch {
    return 'needs look-around or back-references, which are not available';
  }
}

function describe(error: unknown): string {
  const { message, position } = (error ?? {}) as { message?: string; position?: number };
  const what = message ?? 'is not a JSONata expression';
  return position === undefined ? what : `${what} (at character ${position})`;
}
