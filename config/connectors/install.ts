import { LeadwireError } from '../../errors/leadwire-error.ts';
import { isDuplicateKey } from '../../models/fence.ts';
import { bumpConnectorRevision, type ConnectorPackage } from '../../models/connector-package.ts';
import { recordChange } from '../audit.ts';
import type { ConfigurationModels } from '../models.ts';
import type { ConfigurationStore } from '../store.ts';
import { refuseBlocked } from './blocks.ts';
import { parseReference } from './catalog.ts';
import { countsOf, examinePackage, type ExamineDeps, type ExaminedPackage } from './examine.ts';
import { isSame, type Published, type Registry } from './registry.ts';

export type InstallModels = Pick<
  ConfigurationModels,
  'connectorPackages' | 'connectorRevisions' | 'connectorBlocks' | 'audit'
>;

export interface InstallDeps extends ExamineDeps {
  models: InstallModels;
  registry: Registry;
  now?: () => number;
}

/** A version that passed everything and is not offered yet. */
export interface Prepared extends ExaminedPackage {
  published: Published;
  tarball: Buffer;
}

export interface Installed {
  package: string;
  version: string;
  integrity: string;
  /** `unchanged`: this version was there already, the same to the byte. */
  outcome: 'installed' | 'unchanged';
  conformance: ConnectorPackage['conformance'];
}

/**
 * The version that is meant, when it may be installed at all.
 *
 * @param reference `leadwire-connector-acme`, with `@1.4.2`, `@^1.0.0` or a tag
 * @param integrity the one that it must have, where the operator knows it
 * @throws LeadwireError `package_not_found`, `registry_unavailable`, `package_invalid`, `integrity_mismatch`,
 *   `connector_blocked`
 */
export async function findPackage(
  reference: string,
  { models, registry }: Pick<InstallDeps, 'models' | 'registry'>,
  integrity?: string,
): Promise<Published> {
  const { name, version } = parseReference(reference);
  const published = await registry.find(name, version);
  const key = `${published.package}@${published.version}`;
  if (integrity !== undefined && !isSame(integrity, published.integrity)) throw mismatch(key, 'the one that was named');
  await refuseBlocked(models.connectorBlocks, key);
  await refuseChanged(models, published);
  return published;
}

/**
 * Gets a version from the registry, proves its integrity and examines it. Writes nothing.
 *
 * @throws LeadwireError `package_invalid`, `integrity_mismatch`, `conformance_failed`, `registry_unavailable`
 */
export async function preparePackage(published: Published, { registry, ...examine }: InstallDeps): Promise<Prepared> {
  const tarball = await registry.download(published);
  return { published, tarball, ...(await examinePackage(tarball, published, examine)) };
}

/** Finds, examines and offers a version. One that is offered already is left as it is. Throws what those throw. */
export async function installPackage(
  reference: string,
  by: string,
  deps: InstallDeps,
  integrity?: string,
): Promise<Installed> {
  const published = await findPackage(reference, deps, integrity);
  const { package: name, version } = published;
  const known = await deps.models.connectorPackages
    .findById(`${name}@${version}`, { state: 1, conformance: 1 })
    .lean<Pick<ConnectorPackage, 'state' | 'conformance'>>();
  if (known?.state !== 'offered') return offerPackage(await preparePackage(published, deps), by, deps);
  await bumpConnectorRevision(deps.models.connectorRevisions, 'packages');
  const { integrity: pinned } = published;
  return { package: name, version, integrity: pinned, outcome: 'unchanged', conformance: known.conformance };
}

/** Offers what was prepared, on every node within two seconds. The same version twice is the same as once. */
export async function offerPackage(
  { published, tarball, ...examined }: Prepared,
  by: string,
  { models, registry, now = Date.now }: Pick<InstallDeps, 'models' | 'registry' | 'now'>,
): Promise<Installed> {
  const { package: name, version, integrity } = published;
  const _id = `${name}@${version}`;
  const at = new Date(now());
  const conformance = countsOf(examined.findings);
  const record: ConnectorPackage = {
    ...{ _id, package: name, version, integrity, registry: registry.url, tarball, conformance },
    ...{ manifest: examined.manifest, fixtures: examined.fixtures, installedAt: at, by, state: 'offered' },
    ...(examined.code === undefined ? {} : { code: examined.code }),
  };
  let outcome: Installed['outcome'] = 'installed';
  try {
    await models.connectorPackages.create(record);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // Somebody else had the same idea, or it was removed before.
    await refuseChanged(models, published);
    const { modifiedCount } = await models.connectorPackages.updateOne(
      { _id, integrity, state: 'removed' },
      { $set: { state: 'offered', installedAt: at, by } },
    );
    if (modifiedCount === 0) outcome = 'unchanged';
  }
  // Also where nothing changed: whoever installed it before may have died in between.
  await bumpConnectorRevision(models.connectorRevisions, 'packages');
  if (outcome === 'installed')
    await recordChange(models.audit, { at, who: by, what: 'connector', kind: 'installed', id: _id });
  return { package: name, version, integrity, outcome, conformance };
}

/**
 * Takes a package, or one version of it, from what integrations may name. Leads that still run on it find it.
 *
 * @throws LeadwireError `connector_in_use` naming the integrations, `unknown_connector`
 */
export async function removePackage(
  reference: string,
  by: string,
  {
    models,
    store,
    now = Date.now,
  }: { models: InstallModels; store: Pick<ConfigurationStore, 'currentRevision' | 'snapshot'>; now?: () => number },
): Promise<string[]> {
  const { name, version } = parseReference(reference);
  const wanted = { package: name, state: 'offered', ...(version === undefined ? {} : { version }) } as const;
  const rows = await models.connectorPackages.find(wanted, { _id: 1 }).lean<Pick<ConnectorPackage, '_id'>[]>();
  const ids = rows.map(({ _id }) => _id).sort();
  if (ids.length === 0) throw new LeadwireError('unknown_connector');
  const users = (await usersOf(store)).filter(({ connector }) => ids.includes(connector));
  if (users.length > 0) {
    const issues = users.map(({ id, connector }) => ({
      path: `integrations.${id}`,
      code: 'connector_in_use',
      message: `runs on ${connector}`,
    }));
    throw new LeadwireError('connector_in_use', { issues });
  }
  const at = new Date(now());
  for (const _id of ids) {
    await models.connectorPackages.updateOne({ _id }, { $set: { state: 'removed' } });
    await recordChange(models.audit, { at, who: by, what: 'connector', kind: 'removed', id: _id });
  }
  await bumpConnectorRevision(models.connectorRevisions, 'packages');
  return ids;
}

/** Which connector each integration of the newest configuration runs on, as `<name>@<version>`. */
export async function usersOf(
  store: Pick<ConfigurationStore, 'currentRevision' | 'snapshot'>,
): Promise<{ id: string; connector: string }[]> {
  const revision = await store.currentRevision();
  if (revision === undefined) return [];
  const { pins } = await store.snapshot(revision);
  return Object.entries(pins?.integrations ?? {}).map(([id, connector]) => ({ id, connector }));
}

/** A version that was installed before must be the same to the byte. */
async function refuseChanged(models: InstallModels, { package: name, version, integrity }: Published): Promise<void> {
  const _id = `${name}@${version}`;
  const found = await models.connectorPackages
    .findById(_id, { integrity: 1 })
    .readConcern('majority')
    .lean<Pick<ConnectorPackage, 'integrity'>>();
  if (found && !isSame(found.integrity, integrity)) throw mismatch(_id, 'the one that was installed before');
}

function mismatch(key: string, than: string): LeadwireError {
  return new LeadwireError('integrity_mismatch', { message: `${key} has another integrity than ${than}` });
}
