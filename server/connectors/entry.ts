import { z } from 'zod';
import { fixtureSchema } from '../../sdk/fixture.ts';
import { CONNECTOR_OPERATIONS, ownManifestSchema, type Connector } from '../../schema/connector.ts';
import { CATEGORIES } from '../../schema/integration.ts';

/** Package of the connectors that come with Leadwire. */
export const OWN_PACKAGE = 'leadwire';

export const provenanceSchema = z
  .object({
    kind: z
      .enum(['built in', 'attested', 'signed', 'none'])
      .describe('`attested`: the registry holds a statement of where it was built; `signed`: by the registry alone'),
    predicate: z.string().max(300).optional().describe('Kind of the statement'),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where the statement is'),
  })
  .describe('As the registry says it: Leadwire checks the integrity of what it installs, not these statements');

/** What is known of a connector without looking into it: what lists and searches show. */
export const factsSchema = z.object({
  id: z.string().min(1).max(214).describe('What integrations name it by: a package, or the id of a built-in one'),
  package: z.string().min(1).max(214).describe('`leadwire` for those that come with it'),
  version: z.string().max(100),
  integrity: z.string().max(200).optional().describe('Of the tarball, as npm writes it'),
  provenance: provenanceSchema,
  category: z.enum(CATEGORIES),
  title: z.string().max(100),
  description: z.string().max(4000),
  homepage: z.string().max(2000).optional().describe("Documentation of the service's own API"),
  hosts: z.array(z.string()).describe('The only hosts that it calls'),
  operations: z.array(z.enum(CONNECTOR_OPERATIONS)),
  code: z.boolean().describe('It has code, which runs only where an operator allows it'),
  maintainer: z.string().max(300).optional(),
  keywords: z.array(z.string().max(200)).max(100),
  conformance: z
    .object({ errors: z.int().min(0), warnings: z.int().min(0), suggestions: z.int().min(0) })
    .optional()
    .describe('What the conformance suite found; absent where it did not run'),
  updatedAt: z.iso.datetime().optional(),
});
export type ConnectorFacts = z.infer<typeof factsSchema>;

/** What its own page and forms need beside that: the manifest, aliases resolved, and its exemplary fixtures. */
export const detailsSchema = z.object({
  manifest: ownManifestSchema,
  fixtures: z.array(z.object({ file: z.string().max(300), fixture: fixtureSchema })).max(200),
});
export type ConnectorDetails = z.infer<typeof detailsSchema>;

/** One JSON file of a marketplace's index. */
export const indexEntrySchema = z.strictObject({ ...factsSchema.shape, ...detailsSchema.shape });
export type IndexEntry = z.infer<typeof indexEntrySchema>;

/** What a manifest says itself, so that no list says anything else of it. */
export function factsOf({ title, description, category, version, homepage, hosts, operations, code }: Connector) {
  return {
    version,
    category,
    title,
    description,
    ...(homepage === undefined ? {} : { homepage }),
    hosts,
    operations: CONNECTOR_OPERATIONS.filter((name) => operations[name] !== undefined),
    code: code !== undefined,
  };
}

/** `exemplary/ping-accepted.json` is the sample `ping-accepted`. */
export function sampleName(file: string): string {
  return file.replace(/^exemplary\//, '').replace(/\.json$/, '');
}
