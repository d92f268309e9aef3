/** Names that reach an object's prototype; never read from a document and never written into one. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export function isForbiddenName(name: string): boolean {
  return FORBIDDEN.has(name);
}

/** The names of a dotted path, or undefined when it is not one (`a..b`, `lead.__proto__`). */
export function parsePath(path: string): string[] | undefined {
  const names = path.split('.');
  return names.some((name) => name === '' || name !== name.trim() || isForbiddenName(name)) ? undefined : names;
}

/** The value at a path; own properties only. A number as a name picks from a list. */
export function readPath(root: unknown, names: readonly string[]): unknown {
  let value = root;
  for (const name of names) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Every value at a path, where a list on the way stands for each of its elements. */
export function readEach(root: unknown, names: readonly string[]): unknown[] {
  let values = [root];
  for (const name of names) {
    values = values.flatMap((value) => {
      if (Array.isArray(value) && !/^\d+$/.test(name)) return value.map((item: unknown) => readPath(item, [name]));
      return [readPath(value, [name])];
    });
  }
  return values.flat().filter((value) => value !== undefined);
}
