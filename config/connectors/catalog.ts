import { readdirSync, readFileSync } from 'node:fs';
import type { Issue } from '../../errors/leadwire-error.ts';
import { readConnector } from '../../rules/connector/alias.ts';
import { checkConnector } from '../../rules/connector/check.ts';
import type { Connector } from '../../schema/connector.ts';
import { postbackSources } from './postbacks.ts';

/** A connector as it lies on a disk or in a database, unread. */
export interface ConnectorSource {
  /** What integrations name it by: the id of a built-in one, the package of one that was installed. */
  name: string;
  version: string;
  /** Its `connector.json`. */
  manifest: unknown;
}

export interface ConnectorCatalog {
  /**
   * The connector that an integration names: `boberdoo`, `boberdoo@1.0.0`, `leadwire-connector-acme@2.1.0`. Without a
   * version the newest. Undefined when there is none, or when it has mistakes.
   */
  find(reference: string): Connector | undefined;
  /** Every mistake in a connector that is there. Paths lead into its `connector.json`. */
  issues(reference: string): Issue[];
  list(): readonly ConnectorSource[];
}

interface Read {
  connector?: Connector;
  issues: Issue[];
}

/** The connectors of a deployment. Each is read and checked when it is first asked for, so that many cost nothing. */
export function createConnectorCatalog(sources: readonly ConnectorSource[]): ConnectorCatalog {
  const byName = new Map<string, ConnectorSource[]>();
  for (const source of sources) byName.set(source.name, [...(byName.get(source.name) ?? []), source]);
  for (const versions of byName.values()) versions.sort((a, b) => compareVersions(b.version, a.version));
  const read = new Map<ConnectorSource, Read>();

  function sourceOf(reference: string): ConnectorSource | undefined {
    const { name, version } = parseReference(reference);
    const versions = byName.get(name) ?? [];
    return version === undefined ? versions[0] : versions.find((source) => source.version === version);
  }

  function look(reference: string): Read {
    const source = sourceOf(reference);
    if (!source) return { issues: [] };
    let known = read.get(source);
    if (!known) {
      const { connector, issues } = readConnector(source.manifest, (id) => sourceOf(id)?.manifest);
      const mistakes = connector ? checkConnector(connector) : issues;
      const isRight = !mistakes.some(({ severity }) => severity !== 'warning');
      known = { ...(connector && isRight ? { connector } : {}), issues: mistakes };
      read.set(source, known);
    }
    return known;
  }

  return {
    find: (reference) => look(reference).connector,
    issues: (reference) => look(reference).issues,
    list: () => sources,
  };
}

/** `name@version`; a scope's own @ comes first. */
export function parseReference(reference: string): { name: string; version?: string } {
  const at = reference.lastIndexOf('@');
  return at > 0 ? { name: reference.slice(0, at), version: reference.slice(at + 1) } : { name: reference };
}

/** Semantic versions in their order; a pre-release comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [[left = '', leftTag], [right = '', rightTag]] = [a.split('-', 2), b.split('-', 2)];
  const order = left.localeCompare(right, 'en', { numeric: true });
  if (order !== 0 || leftTag === rightTag) return order;
  if (leftTag === undefined) return 1;
  return rightTag === undefined ? -1 : leftTag.localeCompare(rightTag, 'en', { numeric: true });
}

const FOLDER = new URL('../../connectors/', import.meta.url);
let builtIn: ConnectorCatalog | undefined;

/** The connectors that come with Leadwire: files of the program that never change while it runs, read once. */
export function builtInConnectors(): ConnectorCatalog {
  builtIn ??= createConnectorCatalog([...builtInSources(), ...postbackSources()]);
  return builtIn;
}

/** The manifests in `connectors/`. */
export function builtInSources(): ConnectorSource[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const manifest = JSON.parse(readFileSync(new URL(`${name}/connector.json`, FOLDER), 'utf8')) as {
        version: string;
      };
      return { name, version: manifest.version, manifest };
    });
}
