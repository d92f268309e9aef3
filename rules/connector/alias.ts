import type { Issue } from '../../errors/leadwire-error.ts';
import {
  aliasManifestSchema,
  CONNECTOR_OPERATIONS,
  ownManifestSchema,
  type Connector,
  type Manifest,
} from '../../schema/connector.ts';
import { shapeIssues } from '../../schema/shape-issues.ts';
import { mergeOperation } from './merge.ts';

/** A manifest as it stands alone, or every mistake in it. Paths lead into `connector.json`. */
export type ReadConnector = { connector: Connector; issues: [] } | { connector?: undefined; issues: Issue[] };

const MAX_DEPTH = 5;

/**
 * Reads `connector.json`: an alias gets what it takes from the connector it extends, which may be an alias itself.
 *
 * @param find the manifest that an alias names
 */
export function readConnector(input: unknown, find: (id: string) => unknown, depth = 0): ReadConnector {
  const isAlias = typeof input === 'object' && input !== null && 'extends' in input;
  const parsed = isAlias
    ? aliasManifestSchema.safeParse(input, { reportInput: true })
    : ownManifestSchema.safeParse(input, { reportInput: true });
  if (!parsed.success) return { issues: shapeIssues(parsed.error.issues, '') };
  const manifest: Manifest = parsed.data;
  if (!('extends' in manifest)) return { connector: manifest, issues: [] };
  const refuse = (message: string): ReadConnector => ({
    issues: [{ path: 'extends', code: 'unknown_connector', message }],
  });
  const base = depth < MAX_DEPTH ? find(manifest.extends) : undefined;
  if (base === undefined) return refuse(depth < MAX_DEPTH ? 'no connector has this id' : 'goes on for too long');
  const read = readConnector(base, find, depth + 1);
  if (!read.connector) return refuse('is a connector with mistakes');
  return readOwn(extend(read.connector, manifest));
}

function extend(base: Connector, alias: Extract<Manifest, { extends: string }>): unknown {
  const { extends: _, config = {}, operations = {}, ...own } = alias;
  // Those are about the versions of the other one.
  const { migrations: _migrations, ...taken } = base;
  const properties = Object.entries({ ...base.config.properties, ...config.properties }).filter(([, kept]) => kept);
  const names = new Set(properties.map(([name]) => name));
  return {
    ...taken,
    ...own,
    config: {
      ...base.config,
      properties: Object.fromEntries(properties),
      required: (config.required ?? base.config.required ?? []).filter((name) => names.has(name)),
    },
    operations: Object.fromEntries(
      CONNECTOR_OPERATIONS.flatMap((name) => {
        const [before, change] = [base.operations[name], operations[name]];
        if (change === null || (!before && !change)) return [];
        return [[name, change ? { ...before, ...mergeOperation(before as never, change) } : before]];
      }),
    ),
  };
}

function readOwn(input: unknown): ReadConnector {
  const parsed = ownManifestSchema.safeParse(input, { reportInput: true });
  return parsed.success ? { connector: parsed.data, issues: [] } : { issues: shapeIssues(parsed.error.issues, '') };
}
