import { z } from 'zod';
import type { JsonSchema } from './operation.ts';

/** `input`: what is sent to an operation. `output`: what it answers. */
export type Direction = 'input' | 'output';

export interface SchemaWriter {
  /** The JSON Schema (2020-12) of a schema; those with an id of their own are put among the components. */
  write(schema: z.ZodType | JsonSchema, direction: Direction): JsonSchema;
  /** Everything written with an id. */
  components(): Record<string, JsonSchema>;
}

/** A format says all there is to these; what our own pattern adds is longer and tells a reader nothing. */
const FORMATS = new Set(['date', 'date-time', 'time', 'email', 'uuid', 'uri', 'ipv4', 'ipv6']);

/**
 * Writes zod schemas as OpenAPI 3.1 has them.
 *
 * @param closed What the operations' own schemas close stays closed, so that an answer with an undescribed member does
 *   not pass. The published document leaves answers open: clients must bear members that come later.
 */
export function createSchemaWriter({ closed }: { closed: boolean }): SchemaWriter {
  const components: Record<string, JsonSchema> = {};

  function hoist({ $defs, $schema: _, ...schema }: Record<string, unknown>): JsonSchema {
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Record<string, unknown>>)) {
      const { id: _id, ...rest } = definition;
      const written = relink(rest) as JsonSchema;
      const known = components[name];
      if (known && JSON.stringify(known) !== JSON.stringify(written)) {
        throw new Error(`Two schemas have the id ${name}`);
      }
      components[name] = written;
    }
    return relink(schema) as JsonSchema;
  }

  return {
    write(schema, direction) {
      if (!(schema instanceof z.ZodType)) return hoist(schema);
      const written = z.toJSONSchema(schema, {
        io: direction,
        unrepresentable: 'any',
        override: ({ jsonSchema }) => tidy(jsonSchema, closed),
      });
      return hoist(written as Record<string, unknown>);
    },
    components: () => components,
  };
}

function tidy(schema: Record<string, unknown>, closed: boolean): void {
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (FORMATS.has(String(schema['format']))) delete schema['pattern'];
  if (!closed && schema['additionalProperties'] === false) delete schema['additionalProperties'];
}

/** References within a schema become references into the document. */
function relink(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relink);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string'
        ? value.replace(/^#\/(\$defs|definitions)\//, '#/components/schemas/')
        : relink(value),
    ]),
  );
}
