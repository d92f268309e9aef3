import { setImmediate as immediate } from 'node:timers/promises';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { readConnector, readFixtures } from '../../sdk/index.ts';
import { factsOf, OWN_PACKAGE, type ConnectorDetails, type ConnectorFacts } from './entry.ts';

const FOLDER = new URL('../../connectors/', import.meta.url);

/** The folder of one of them, ending in /. */
export function builtInFolder(id: string): URL {
  return new URL(`${encodeURIComponent(id)}/`, FOLDER);
}

/**
 * The connectors that come with Leadwire, as lists show them. Read one after the other and not checked, which the tests
 * of each release have done: a node that answers this goes on with its leads meanwhile.
 */
export async function builtInFacts(): Promise<ConnectorFacts[]> {
  const sources = builtInConnectors().list();
  const manifests = new Map(sources.map(({ name, manifest }) => [name, manifest]));
  const all: ConnectorFacts[] = [];
  for (const { name, manifest } of sources) {
    await immediate();
    const { connector } = readConnector(manifest, (id) => manifests.get(id));
    const provenance = { kind: 'built in' } as const;
    if (connector) all.push({ id: name, package: OWN_PACKAGE, provenance, keywords: [], ...factsOf(connector) });
  }
  return all;
}

/** What the page of one of them needs; undefined when there is none of this id. */
export function builtInDetails(id: string): ConnectorDetails | undefined {
  const manifest = builtInConnectors().find(id);
  if (!manifest) return undefined;
  // Those that are made of a postback's template have no folder, and no fixtures in one.
  const fixtures = readFixtures(builtInFolder(id));
  return {
    manifest,
    fixtures: fixtures.filter(({ kind }) => kind === 'exemplary').map(({ file, fixture }) => ({ file, fixture })),
  };
}
