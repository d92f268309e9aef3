import semver from 'semver';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ConnectorUpgrade } from '../../models/connector-package.ts';
import { secretNames } from '../../rules/connector/config.ts';
import { migrate, type MigrationChange } from '../../rules/connector/migrate.ts';
import type { Connector } from '../../schema/connector.ts';
import type { Integration } from '../../schema/integration.ts';
import type { ConfigurationModels } from '../models.ts';
import type { SecretStore } from '../secrets.ts';
import type { Applied, ConfigurationStore } from '../store.ts';
import { parseReference } from './catalog.ts';
import type { PinnedFile } from './pins.ts';

export interface UpgradeDeps {
  models: Pick<ConfigurationModels, 'connectorUpgrades' | 'secrets'>;
  /** A store that finds every connector that is named here. */
  store: Pick<ConfigurationStore, 'currentRevision' | 'snapshot' | 'edit'>;
  secrets: Pick<SecretStore, 'set' | 'forIntegration'>;
  now?: () => number;
}

/** What becomes of one integration. */
export interface Move {
  id: string;
  from: string;
  to: string;
  /** As it will be saved. */
  integration: Integration;
  changes: MigrationChange[];
  /** Hosts that it may call from now on, and those that it no longer may. */
  hosts: { added: string[]; gone: string[] };
  /** Credentials that it will need and did not before. */
  credentials: string[];
}

export interface UpgradePlan {
  connector: string;
  to: string;
  /** The configuration that was looked at. */
  revision: number;
  moves: Move[];
}

export interface ChangeOptions {
  by: string;
  dryRun?: boolean;
  force?: boolean;
}

/**
 * What moving integrations to another version of their connector comes to.
 *
 * @param name of the connector, without its version
 * @param only ids of the integrations that are to move. Default all that run on an older version
 * @throws LeadwireError `nothing_to_upgrade`
 */
export async function planUpgrade(
  name: string,
  target: Connector,
  { store }: Pick<UpgradeDeps, 'store'>,
  only?: readonly string[],
): Promise<UpgradePlan> {
  const { revision, file } = await newestOf(store);
  const moves = runningOn(name, file)
    .filter(({ integration, connector }) => isWanted(integration.id, only) && isOlder(connector, target))
    .map(({ integration, connector }): Move => {
      const { config = {}, secrets } = integration;
      const migrated = migrate({ config, secrets: secrets ?? [] }, connector.version, target);
      const before = secretNames(connector.config).required;
      const renamed = new Set(migrated.changes.flatMap((change) => (change.kind === 'renamed' ? [change.to] : [])));
      return {
        id: integration.id,
        from: connector.version,
        to: target.version,
        integration: {
          ...integration,
          connector: `${name}@${target.version}`,
          ...(integration.config || Object.keys(migrated.config).length > 0
            ? { config: migrated.config as NonNullable<Integration['config']> }
            : {}),
          ...(secrets ? { secrets: migrated.secrets } : {}),
        },
        changes: migrated.changes,
        hosts: {
          added: target.hosts.filter((host) => !connector.hosts.includes(host)),
          gone: connector.hosts.filter((host) => !target.hosts.includes(host)),
        },
        credentials: secretNames(target.config).required.filter(
          (secret) => !before.includes(secret) && !renamed.has(secret),
        ),
      };
    });
  if (moves.length === 0) throw new LeadwireError('nothing_to_upgrade');
  return { connector: name, to: target.version, revision, moves };
}

/**
 * Writes one new version of the configuration with every move in it, or none. Credentials that have another name now
 * are copied to it first; the old ones stay for the way back.
 *
 * @throws LeadwireError `newer_edit` when one of the integrations changed meanwhile, `invalid_configuration` when the
 *   migrated configuration does not fit the connector
 */
export async function upgrade(plan: UpgradePlan, deps: UpgradeDeps, options: ChangeOptions): Promise<Applied> {
  const { models, store, now = Date.now } = deps;
  const { connector, to, revision, moves } = plan;
  const put = { integrations: moves.map(({ integration }) => integration) };
  const wanted = { by: options.by, base: revision, force: options.force ?? false };
  const checked = await store.edit({ put }, { ...wanted, dryRun: true });
  if (options.dryRun) return checked;
  for (const move of moves) await takeCredentialsAlong(move, deps, options.by);
  const record: ConnectorUpgrade = {
    ...{ _id: `${connector}@${to}:${revision}`, connector, to, from: revision },
    ...{ integrations: moves.map(({ id }) => id), at: new Date(now()), by: options.by },
  };
  // First, so that there is a way back from whatever was written.
  await models.connectorUpgrades.replaceOne({ _id: record._id }, record, { upsert: true });
  const applied = await store.edit({ put }, wanted);
  await models.connectorUpgrades.updateOne({ _id: record._id }, { $set: { revision: applied.revision } });
  return applied;
}

export interface RollbackPlan {
  connector: string;
  upgrade: ConnectorUpgrade;
  /** The integrations as they were, on the versions that they were on. */
  integrations: Integration[];
  /** The configuration version that they are taken from: it has their connectors. */
  before: PinnedFile;
}

/**
 * What putting integrations back to what they were before the last upgrade comes to.
 *
 * @param only ids of the integrations that are to be put back. Default all that it moved
 * @throws LeadwireError `nothing_to_roll_back`
 */
export async function planRollback(
  name: string,
  { models, store }: Pick<UpgradeDeps, 'models' | 'store'>,
  only?: readonly string[],
): Promise<RollbackPlan> {
  const { file } = await newestOf(store);
  const upgrades = await models.connectorUpgrades.find({ connector: name }).lean<ConnectorUpgrade[]>();
  const running = runningOn(name, file);
  for (const made of upgrades.sort((a, b) => b.from - a.from)) {
    const moved = running
      .filter(({ integration, connector }) => isWanted(integration.id, only) && connector.version === made.to)
      .map(({ integration }) => integration.id)
      .filter((id) => made.integrations.includes(id));
    if (moved.length === 0) continue;
    const before = await store.snapshot(made.from);
    const integrations = (before.integrations ?? [])
      .filter(({ id }) => moved.includes(id))
      // The version that it ran on, whichever it named.
      .map((integration) => ({ ...integration, connector: before.pins?.integrations[integration.id] ?? name }));
    if (integrations.length > 0) return { connector: name, upgrade: made, integrations, before };
  }
  throw new LeadwireError('nothing_to_roll_back');
}

/** Throws LeadwireError `newer_edit` when one of the integrations was edited since, unless forced. */
export async function rollBack(
  { upgrade: made, integrations }: RollbackPlan,
  { store }: Pick<UpgradeDeps, 'store'>,
  { by, dryRun, force = false }: ChangeOptions,
): Promise<Applied> {
  return store.edit({ put: { integrations } }, { by, base: made.revision ?? made.from, force, dryRun });
}

/** The credentials that a migration gives another name, unless that has a value already. */
async function takeCredentialsAlong(
  { id, changes }: Move,
  { models, secrets }: Pick<UpgradeDeps, 'models' | 'secrets'>,
  by: string,
): Promise<void> {
  for (const change of changes) {
    if (change.kind !== 'renamed') continue;
    const [from, to] = [`${id}:${change.name}`, `${id}:${change.to}`];
    if (!(await models.secrets.exists({ _id: from })) || (await models.secrets.exists({ _id: to }))) continue;
    const { [change.name]: value } = await secrets.forIntegration(id, [change.name]);
    if (value !== undefined) await secrets.set(id, change.to, value, by);
  }
}

/** The integrations on any version of a connector, with the one they run on. */
function runningOn(
  name: string,
  { integrations = [], pins }: PinnedFile,
): { integration: Integration; connector: Connector }[] {
  return integrations.flatMap((integration) => {
    const key = pins?.integrations[integration.id];
    const connector = key === undefined ? undefined : pins?.connectors[key];
    return key !== undefined && connector && parseReference(key).name === name ? [{ integration, connector }] : [];
  });
}

async function newestOf(store: UpgradeDeps['store']): Promise<{ revision: number; file: PinnedFile }> {
  const revision = await store.currentRevision();
  if (revision === undefined) throw new LeadwireError('no_configuration');
  return { revision, file: await store.snapshot(revision) };
}

function isOlder({ version }: Connector, target: Connector): boolean {
  return semver.lt(version, target.version);
}

function isWanted(id: string, only: readonly string[] | undefined): boolean {
  return only === undefined || only.includes(id);
}
