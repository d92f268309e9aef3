import type { MappingContext } from './context.ts';
import { isForbiddenName } from './path.ts';
import type { TableRow } from './table.ts';

/** How a table's fields nest: `contact.phone` in an object, `data.0.name` in a list. */
interface Branch {
  children: Map<string, Branch>;
  row?: TableRow;
  isList: boolean;
}

/** Compiles a table's rows to a function that builds the nested body. Objects without a value are left out. */
export function compileShape(rows: readonly TableRow[]): (context: MappingContext) => Record<string, unknown> {
  const root = plant(rows);
  root.isList = false;
  return (context) => (build(root, context) ?? {}) as Record<string, unknown>;
}

/** Fields that stand in each other's way: `contact` and `contact.phone`. */
export function shapeConflicts(fields: readonly string[]): string[] {
  const taken = new Set(fields);
  return fields.filter((field) => {
    const names = field.split('.');
    return names.some((_, length) => length > 0 && taken.has(names.slice(0, length).join('.')));
  });
}

function plant(rows: readonly TableRow[]): Branch {
  const root = branch();
  for (const row of rows) {
    let at = root;
    for (const name of row.field.split('.').filter((part) => !isForbiddenName(part))) {
      const next = at.children.get(name) ?? branch();
      at.children.set(name, next);
      at.isList = [...at.children.keys()].every((key) => /^\d+$/.test(key));
      at = next;
    }
    at.row = row;
  }
  return root;
}

function branch(): Branch {
  return { children: new Map(), isList: false };
}

function build(at: Branch, context: MappingContext): unknown {
  if (at.row) return at.row.read(context);
  const entries: [string, unknown][] = [];
  for (const [name, child] of at.children) {
    const value = build(child, context);
    if (value !== undefined) entries.push([name, value]);
  }
  if (entries.length === 0) return undefined;
  if (!at.isList) return Object.fromEntries(entries);
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}
