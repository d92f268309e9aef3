import type {
  ConnectorPackage,
  ConnectorPackageModel,
  ConnectorRevision,
  ConnectorRevisionModel,
} from '../../models/connector-package.ts';
import { builtInConnectors, createConnectorCatalog, type ConnectorCatalog, type ConnectorSource } from './catalog.ts';

/** What integrations may name: the connectors that come with Leadwire and those that were installed. */
export interface InstalledConnectors extends ConnectorCatalog {
  /** Reads what was installed or removed since. Costs one small read when nothing was. */
  refresh(): Promise<void>;
}

export interface InstalledConnectorsDeps {
  models: { connectorPackages: ConnectorPackageModel; connectorRevisions: ConnectorRevisionModel };
}

/**
 * Who writes a configuration asks it. Who runs one does not: a version of the configuration holds the connectors that
 * it is pinned to, so that a node has a new one as soon as it has the integration on it.
 */
export function createInstalledConnectors({ models }: InstalledConnectorsDeps): InstalledConnectors {
  let catalog = builtInConnectors();
  let seen = 0;

  return {
    find: (reference) => catalog.find(reference),
    issues: (reference) => catalog.issues(reference),
    list: () => catalog.list(),
    async refresh() {
      const found = await models.connectorRevisions
        .findById('packages')
        .readConcern('majority')
        .lean<ConnectorRevision>();
      const revision = found?.revision ?? 0;
      if (revision === seen) return;
      const wanted = { package: 1, version: 1, manifest: 1 } as const;
      const rows = await models.connectorPackages
        .find({ state: 'offered' }, wanted)
        .readConcern('majority')
        .lean<Listed[]>();
      catalog = createConnectorCatalog([...builtInConnectors().list(), ...rows.map(sourceOf)]);
      seen = revision;
    },
  };
}

type Listed = Pick<ConnectorPackage, 'package' | 'version' | 'manifest'>;

/** Named by its package; its manifest is parsed when it is first asked for, so that many cost nothing. */
function sourceOf({ package: name, version, manifest }: Listed): ConnectorSource {
  return {
    name,
    version,
    get manifest() {
      return JSON.parse(manifest) as unknown;
    },
  };
}
