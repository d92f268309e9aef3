import type { ApiDocument } from '../api/openapi.ts';
import type { JsonSchema } from '../api/operation.ts';

/** A member of a body, as a line of a table. */
export interface Member {
  /** Dotted; `[]` stands for each item of a list, `*` for any name. */
  path: string;
  type: string;
  required: boolean;
  description: string;
}

const MAX_DEPTH = 6;

/** All members of an object's schema, nested ones after their parent. */
export function membersOf(document: ApiDocument, schema: JsonSchema, prefix = '', depth = 0): Member[] {
  const { properties, required, additional, items } = flatten(document, schema);
  if (depth > MAX_DEPTH) return [];
  const inItems = items ? membersOf(document, items, `${prefix}[]`, depth + 1) : [];
  const named = Object.entries(properties).flatMap(([name, member]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const described = { path, type: typeOf(document, member), required: required.has(name), description: text(member) };
    return [described, ...membersOf(document, member, path, depth + 1)];
  });
  const any = additional && Object.keys(additional).length > 0 ? [anyMember(document, additional, prefix)] : [];
  return [...named, ...any, ...inItems];
}

function anyMember(document: ApiDocument, schema: JsonSchema, prefix: string): Member {
  const path = prefix ? `${prefix}.*` : '*';
  return { path, type: typeOf(document, schema), required: false, description: text(schema) };
}

/** A type in a few words: `string (date)`, `"sold" | "rejected"`, `list of object`. */
export function typeOf(document: ApiDocument, schema: JsonSchema): string {
  const resolved = resolve(document, schema);
  const { const: only, enum: values, type, format, items } = resolved;
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  const choices = (resolved['anyOf'] ?? resolved['oneOf']) as JsonSchema[] | undefined;
  if (choices) {
    // The words beside it are about all of them.
    const { description } = resolved;
    return [...new Set(choices.map((choice) => typeOf(document, { description, ...choice })))].join(' | ');
  }
  if (resolved['allOf']) return 'object';
  if (type === 'array') return `list of ${items ? typeOf(document, items as JsonSchema) : 'anything'}`;
  const name = Array.isArray(type) ? type.join(' | ') : typeof type === 'string' ? type : 'anything';
  return `${name}${typeof format === 'string' ? ` (${format})` : ''}${boundsOf(resolved)}`;
}

/** A pattern is shown where no words say the same. */
function boundsOf({ minimum, maximum, maxLength, pattern, description }: JsonSchema): string {
  const words = [
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(maximum === undefined ? [] : [`to ${String(maximum)}`]),
    ...(maxLength === undefined ? [] : [`up to ${String(maxLength)} characters`]),
    ...(typeof pattern === 'string' && description === undefined ? [pattern] : []),
  ];
  return words.length > 0 ? `, ${words.join(' ')}` : '';
}

function text(schema: JsonSchema): string {
  const { description, default: fallback } = schema;
  const end = fallback === undefined ? '' : `Default ${JSON.stringify(fallback)}`;
  return [typeof description === 'string' ? description : '', end].filter((part) => part !== '').join('. ');
}

interface Flat {
  properties: Record<string, JsonSchema>;
  required: Set<string>;
  additional?: JsonSchema;
  items?: JsonSchema;
}

/** What a schema says of its members, its references and alternatives included. */
function flatten(document: ApiDocument, schema: JsonSchema): Flat {
  const resolved = resolve(document, schema);
  const own = {
    properties: (resolved['properties'] ?? {}) as Record<string, JsonSchema>,
    required: new Set((resolved['required'] ?? []) as string[]),
    additional: isSchema(resolved['additionalProperties']) ? resolved['additionalProperties'] : undefined,
    items: isSchema(resolved['items']) ? resolved['items'] : undefined,
  };
  const all = ((resolved['allOf'] ?? []) as JsonSchema[]).map((part) => flatten(document, part));
  const any = ((resolved['anyOf'] ?? resolved['oneOf'] ?? []) as JsonSchema[]).map((part) => flatten(document, part));
  const inEach =
    any.length > 0 ? [...any[0]!.required].filter((name) => any.every((one) => one.required.has(name))) : [];
  return [...all, ...any].reduce<Flat>(
    (sum, part) => ({
      properties: { ...part.properties, ...sum.properties },
      required: sum.required,
      additional: sum.additional ?? part.additional,
      items: sum.items ?? part.items,
    }),
    { ...own, required: new Set([...own.required, ...inEach, ...all.flatMap(({ required }) => [...required])]) },
  );
}

function resolve(document: ApiDocument, schema: JsonSchema): JsonSchema {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  const found = name === undefined ? undefined : document.components.schemas[name];
  return found ? { ...resolve(document, found), ...schema, $ref: undefined } : schema;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}
