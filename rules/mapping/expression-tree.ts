/** A node of a parsed JSONata expression, as far as Leadwire looks at it. */
export interface ExpressionNode {
  type: string;
  value?: unknown;
  position?: number;
  steps?: ExpressionNode[];
  arguments?: ExpressionNode[];
  procedure?: ExpressionNode;
  expressions?: ExpressionNode[];
  condition?: ExpressionNode;
  then?: ExpressionNode;
  else?: ExpressionNode;
  lhs?: ExpressionNode | [ExpressionNode, ExpressionNode][];
  rhs?: ExpressionNode;
}

/** Calls `visit` for a node and everything below it. */
export function walk(node: unknown, visit: (node: ExpressionNode) => void, seen = new Set<object>()): void {
  if (node === null || typeof node !== 'object' || node instanceof RegExp || seen.has(node)) return;
  seen.add(node);
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit, seen);
    return;
  }
  if ('type' in node && typeof node.type === 'string') visit(node as ExpressionNode);
  for (const child of Object.values(node)) walk(child, visit, seen);
}

/** Whether an expression can look at the answer's body. */
export function mentionsBody(node: ExpressionNode): boolean {
  let found = false;
  walk(node, ({ type, value }) => {
    found ||= type === 'name' && value === 'body';
    found ||= type === 'wildcard' || type === 'descendant' || type === 'parent';
    found ||= type === 'variable' && (value === '' || value === '$');
  });
  return found;
}

/**
 * Takes out of an `or` the alternatives that look at the body, in place. Gives the tree that is left, or undefined when
 * the whole of it does.
 */
export function withoutBody(node: ExpressionNode): ExpressionNode | undefined {
  if (!mentionsBody(node)) return node;
  if (node.type === 'block' && node.expressions?.length === 1) {
    const inner = withoutBody(node.expressions[0] as ExpressionNode);
    if (inner) node.expressions[0] = inner;
    return inner && node;
  }
  if (node.type !== 'binary' || node.value !== 'or' || !node.rhs || !node.lhs || Array.isArray(node.lhs))
    return undefined;
  const lhs = withoutBody(node.lhs);
  const rhs = withoutBody(node.rhs);
  if (!lhs && !rhs) return undefined;
  node.lhs = lhs ?? never();
  node.rhs = rhs ?? never();
  return node;
}

/** The first names of the paths that start at the expression's own input. */
export function rootNames(node: ExpressionNode | undefined, found: ExpressionNode[] = []): ExpressionNode[] {
  if (!node) return found;
  const first = node.steps?.[0];
  if (first) {
    if (first.type === 'name') found.push(first);
    else rootNames(first, found);
    return found;
  }
  if (node.type === 'lambda' || node.type === 'transform') return found;
  const pairs = Array.isArray(node.lhs) ? node.lhs.flat() : node.type === 'bind' ? [] : [node.lhs];
  const below = [...pairs, node.rhs, ...(node.arguments ?? []), ...(node.expressions ?? [])];
  for (const child of [...below, node.condition, node.then, node.else]) rootNames(child, found);
  return found;
}

function never(): ExpressionNode {
  return { type: 'value', value: false, position: 0 };
}
