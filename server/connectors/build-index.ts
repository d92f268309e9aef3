import { z } from 'zod';
import { countsOf, readPackage, builtInManifest, type ExamineDeps } from '../../config/connectors/examine.ts';
import { isConnectorPackage, type Registry } from '../../config/connectors/registry.ts';
import { inFolder, readTarball } from '../../config/connectors/tarball.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { readSubject } from '../../sdk/index.ts';
import { builtInDetails, builtInFolder } from './built-in.ts';
import { factsOf, type ConnectorFacts, type IndexEntry } from './entry.ts';

export const KEYWORD = 'leadwire-connector';
const SEARCH_ROWS = 250;
const MOST_PAGES = 40;

const foundSchema = z.object({ objects: z.array(z.object({ package: z.object({ name: z.string() }) })) });
const person = z.union([z.string(), z.looseObject({ name: z.string().optional(), email: z.string().optional() })]);
const listingSchema = z.object({
  time: z.record(z.string(), z.string()).optional(),
  maintainers: z.array(person).optional(),
  versions: z.record(
    z.string(),
    z.object({
      keywords: z.unknown(),
      maintainers: z.array(person).optional(),
      dist: z.object({
        attestations: z
          .object({ url: z.string(), provenance: z.looseObject({ predicateType: z.string() }) })
          .optional(),
        signatures: z.array(z.unknown()).optional(),
      }),
    }),
  ),
});

/** The packages of a registry that call themselves connectors. Throws `registry_unavailable`. */
export async function findPackages(registry: Pick<Registry, 'read'>): Promise<string[]> {
  const names = new Set<string>();
  // Not every registry understands a search by keyword; all of them search names.
  for (const text of [`keywords:${KEYWORD}`, KEYWORD]) {
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = new URLSearchParams({ text, size: String(SEARCH_ROWS), from: String(page * SEARCH_ROWS) });
      const found = foundSchema.safeParse(await registry.read(`-/v1/search?${query.toString()}`));
      if (!found.success)
        throw new LeadwireError('registry_unavailable', { message: 'The registry cannot be searched' });
      const { objects } = found.data;
      for (const { package: one } of objects) if (isConnectorPackage(one.name)) names.add(one.name);
      if (objects.length < SEARCH_ROWS) break;
    }
  }
  return [...names].sort();
}

/**
 * What an index says of the newest version of a package. It is read and tried like one that is installed: in memory,
 * its suite in a process of its own; one that fails the suite is listed with its errors.
 *
 * @throws LeadwireError `package_invalid`, `package_not_found`, `integrity_mismatch`, `registry_unavailable`
 */
export async function indexPackage(
  name: string,
  { registry, test }: { registry: Registry } & Pick<ExamineDeps, 'test'>,
): Promise<IndexEntry> {
  const published = await registry.find(name);
  const { version, integrity } = published;
  const listing = listingSchema.safeParse(await registry.read(name.replace('/', '%2f')));
  const listed = listing.success ? listing.data.versions[version] : undefined;
  const keywords = Array.isArray(listed?.keywords) ? listed.keywords.filter((word) => typeof word === 'string') : [];
  if (!keywords.includes(KEYWORD)) {
    throw new LeadwireError('package_invalid', { message: `${name}@${version} lacks the keyword ${KEYWORD}` });
  }
  const files = await readTarball(await registry.download(published));
  const connector = readPackage(files, published);
  return inFolder(files, async (folder) => {
    const findings = await test(folder);
    const { fixtures } = readSubject(folder, builtInManifest);
    const [maintainer] = [...(listed?.maintainers ?? []), ...(listing.data?.maintainers ?? [])].flatMap(nameOf);
    const updatedAt = dateOf(listing.data?.time?.[version]);
    return {
      id: name,
      package: name,
      integrity,
      provenance: provenanceOf(listed?.dist),
      ...factsOf(connector),
      ...(maintainer === undefined ? {} : { maintainer }),
      keywords: keywords.slice(0, 100).map((word) => word.slice(0, 200)),
      conformance: countsOf(findings),
      ...(updatedAt === undefined ? {} : { updatedAt }),
      manifest: connector,
      fixtures: fixtures.filter(({ kind }) => kind === 'exemplary').map(({ file, fixture }) => ({ file, fixture })),
    };
  });
}

/** What an index says of a connector that comes with Leadwire. */
export async function indexBuiltIn(facts: ConnectorFacts, { test }: Pick<ExamineDeps, 'test'>): Promise<IndexEntry> {
  const details = builtInDetails(facts.id);
  if (!details) throw new LeadwireError('unknown_connector');
  // Those that are made of a postback's template have no folder that the suite could look at.
  const tried = details.fixtures.length > 0 ? { conformance: countsOf(await test(builtInFolder(facts.id))) } : {};
  return { ...facts, ...tried, ...details };
}

type Dist = z.infer<typeof listingSchema>['versions'][string]['dist'];

function provenanceOf({ attestations, signatures = [] }: Dist = {}): ConnectorFacts['provenance'] {
  if (attestations) {
    const { url, provenance } = attestations;
    return {
      kind: 'attested',
      predicate: provenance.predicateType.slice(0, 300),
      ...(isWebAddress(url) ? { url } : {}),
    };
  }
  return { kind: signatures.length > 0 ? 'signed' : 'none' };
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** Addresses of e-mail stay in the registry. */
function nameOf(one: z.infer<typeof person>): string[] {
  const name = typeof one === 'string' ? one.replace(/\s*<.*$/, '') : one.name;
  return name === undefined || name === '' ? [] : [name.slice(0, 300)];
}

function dateOf(text: string | undefined): string | undefined {
  const at = new Date(text ?? '');
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
