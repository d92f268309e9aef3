import type { ConfigurationModels } from '../../config/models.ts';
import type { ConnectorBlock } from '../../models/connector-block.ts';
import { findBlock, readBlocks } from '../../config/connectors/blocks.ts';
import { compareVersions } from '../../config/connectors/catalog.ts';
import type { ConnectorIndexEntry, ConnectorIndexHead } from '../../models/connector-index.ts';
import type { ConnectorPackage, ConnectorRevision } from '../../models/connector-package.ts';
import { readManifest } from '../../sdk/index.ts';
import { builtInDetails, builtInFacts } from './built-in.ts';
import { factsOf, OWN_PACKAGE, type ConnectorDetails, type ConnectorFacts } from './entry.ts';

/** How long what was read may be shown. */
const FRESH_MS = 1_000;

/** A connector as a list of this deployment shows it. */
export interface Listed extends ConnectorFacts {
  /** The versions that integrations may name here. */
  installed: string[];
  block?: ConnectorBlock;
  /** It is in no index: operators alone see it. */
  unlisted?: true;
}

/** Every connector that there is to choose from: those of Leadwire, of the marketplace's index, and installed ones. */
export interface ConnectorDirectory {
  all(): Promise<readonly Listed[]>;
  /** One of them with its manifest and exemplary fixtures. */
  find(id: string): Promise<{ listed: Listed; details: ConnectorDetails } | undefined>;
}

export type DirectoryModels = Pick<
  ConfigurationModels,
  'connectorIndex' | 'connectorIndexHead' | 'connectorPackages' | 'connectorRevisions' | 'connectorBlocks'
>;

type Installed = Pick<
  ConnectorPackage,
  'package' | 'version' | 'integrity' | 'manifest' | 'conformance' | 'installedAt'
>;

/** Keeps what lists show in memory and looks once a second, when somebody asks, whether it changed. */
export function createConnectorDirectory({
  models,
  now = Date.now,
}: {
  models: DirectoryModels;
  now?: () => number;
}): ConnectorDirectory {
  let own: readonly ConnectorFacts[] | undefined;
  let index: { revision: number; facts: ConnectorFacts[] } = { revision: 0, facts: [] };
  let installed: { revision: number; rows: Installed[] } = { revision: 0, rows: [] };
  let listed: { at: number; all: Promise<readonly Listed[]> } | undefined;

  async function read(): Promise<readonly Listed[]> {
    const [head, packages, blocks] = await Promise.all([
      models.connectorIndexHead.findById('head').lean<ConnectorIndexHead>(),
      models.connectorRevisions.findById('packages').lean<ConnectorRevision>(),
      readBlocks(models.connectorBlocks),
    ]);
    if (head && head.revision !== index.revision) {
      const rows = await models.connectorIndex
        .find({ revision: head.revision }, { facts: 1 })
        .lean<ConnectorIndexEntry[]>();
      index = { revision: head.revision, facts: rows.map(({ facts }) => JSON.parse(facts) as ConnectorFacts) };
    }
    if (packages && packages.revision !== installed.revision) {
      const rows = await models.connectorPackages
        .find({ state: 'offered' }, { tarball: 0, code: 0, fixtures: 0 })
        .lean<Installed[]>();
      installed = { revision: packages.revision, rows };
    }
    own ??= await builtInFacts();
    return listAll(own, index.facts, installed.rows, blocks);
  }

  function all(): Promise<readonly Listed[]> {
    if (listed && now() - listed.at < FRESH_MS) return listed.all;
    const reading = read();
    listed = { at: now(), all: reading };
    reading.catch(() => (listed = undefined));
    return reading;
  }

  async function detailsOf({ id, package: name, version, unlisted }: Listed): Promise<ConnectorDetails | undefined> {
    if (name === OWN_PACKAGE) return builtInDetails(id);
    if (!unlisted) {
      const found = await models.connectorIndex
        .findById(`${index.revision}:${id}`, { details: 1 })
        .lean<ConnectorIndexEntry>();
      return found ? (JSON.parse(found.details) as ConnectorDetails) : undefined;
    }
    const wanted = { manifest: 1, fixtures: 1 } as const;
    const found = await models.connectorPackages.findById(`${id}@${version}`, wanted).lean<ConnectorPackage>();
    const manifest = found && connectorOf(found.manifest);
    if (!manifest) return undefined;
    return { manifest, fixtures: JSON.parse(found.fixtures) as ConnectorDetails['fixtures'] };
  }

  return {
    all,
    async find(id) {
      const known = (await all()).find((one) => one.id === id);
      const details = known && (await detailsOf(known));
      return known && details && { listed: known, details };
    },
  };
}

function listAll(
  own: readonly ConnectorFacts[],
  indexed: readonly ConnectorFacts[],
  rows: readonly Installed[],
  blocks: readonly ConnectorBlock[],
): Listed[] {
  const versions = new Map<string, string[]>();
  for (const { package: name, version } of rows) versions.set(name, [...(versions.get(name) ?? []), version]);
  const blockOf = ({ id, version }: ConnectorFacts) => {
    const block = findBlock(blocks, `${id}@${version}`);
    return block ? { block } : {};
  };
  // What an index says of Leadwire's own counts where it is about the very version that runs here.
  const tested = new Map(indexed.filter(isOwn).map((facts) => [`${facts.id}@${facts.version}`, facts]));
  const listed: Listed[] = own.map((facts) => {
    const { conformance, updatedAt } = tested.get(`${facts.id}@${facts.version}`) ?? {};
    const more = { ...(conformance && { conformance }), ...(updatedAt !== undefined && { updatedAt }) };
    return { ...facts, ...more, installed: [facts.version], ...blockOf(facts) };
  });
  const others = indexed.filter((facts) => !isOwn(facts));
  for (const facts of others) listed.push({ ...facts, installed: inOrder(versions.get(facts.id)), ...blockOf(facts) });
  const known = new Set(others.map(({ id }) => id));
  for (const [name, all] of versions) {
    if (known.has(name)) continue;
    const [newest = ''] = inOrder(all);
    const facts = installedFacts(rows.find((row) => row.package === name && row.version === newest));
    if (facts) listed.push({ ...facts, installed: inOrder(all), unlisted: true, ...blockOf(facts) });
  }
  return listed;
}

function isOwn({ package: name }: ConnectorFacts): boolean {
  return name === OWN_PACKAGE;
}

/** The newest first. */
function inOrder(versions: readonly string[] = []): string[] {
  return [...versions].sort((a, b) => compareVersions(b, a));
}

function installedFacts(row: Installed | undefined): ConnectorFacts | undefined {
  const connector = row && connectorOf(row.manifest);
  if (!connector) return undefined;
  return {
    ...factsOf(connector),
    id: row.package,
    package: row.package,
    version: row.version,
    integrity: row.integrity,
    provenance: { kind: 'none' },
    keywords: [],
    conformance: row.conformance,
    updatedAt: row.installedAt.toISOString(),
  };
}

function connectorOf(manifest: string): ConnectorDetails['manifest'] | undefined {
  return readManifest(JSON.parse(manifest), (id) => builtInDetails(id)?.manifest).connector;
}
