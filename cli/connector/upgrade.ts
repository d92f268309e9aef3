import { Command } from 'commander';
import semver from 'semver';
import { parseReference, type ConnectorCatalog } from '../../config/connectors/catalog.ts';
import { findPackage, offerPackage, preparePackage, type Prepared } from '../../config/connectors/install.ts';
import { isConnectorPackage } from '../../config/connectors/registry.ts';
import {
  planRollback,
  planUpgrade,
  rollBack,
  upgrade,
  type ChangeOptions,
  type Move,
} from '../../config/connectors/upgrade.ts';
import type { Applied } from '../../config/store.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { MigrationChange } from '../../rules/connector/migrate.ts';
import type { Connector } from '../../schema/connector.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { CommandFailure, issueLine, type Terminal } from '../terminal.ts';
import { EXAMINE, withRegistry } from './registry.ts';

interface Options {
  integration?: string[];
  dryRun?: boolean;
  rollback?: boolean;
  force?: boolean;
}

export function upgradeCommand(terminal: Terminal): Command {
  return new Command('upgrade')
    .description('move integrations to another version of their connector, or put them back')
    .argument('<connector>', 'phonexa, leadwire-connector-acme, with @2.0.0 or @^2.0.0; default the latest')
    .option('--integration <id...>', 'these alone; default all that run on an older version')
    .option('--dry-run', 'only say what would change')
    .option('--rollback', 'put them back to the version and the configuration they had before their last upgrade')
    .option('--force', 'also over what was edited since')
    .action(async (reference: string, options: Options) => {
      await withDeployment(terminal, async (deployment) => {
        await deployment.connectors.refresh();
        const change = { by: deployment.author, dryRun: options.dryRun, force: options.force };
        const applied = options.rollback
          ? await goBack(reference, deployment, change, options, terminal)
          : await goOn(reference, deployment, change, options, terminal);
        for (const warning of applied.warnings) terminal.complain(issueLine(warning));
        const { revision } = applied;
        terminal.print(
          options.dryRun ? `nothing written: still at revision ${revision}` : `now at revision ${revision}`,
        );
      });
    });
}

async function goOn(
  reference: string,
  deployment: Deployment,
  change: ChangeOptions,
  { integration: only }: Options,
  terminal: Terminal,
): Promise<Applied> {
  const { name } = parseReference(reference);
  const { connector, prepared } = await targetOf(reference, deployment, terminal);
  const store = deployment.storeWith({ [`${name}@${connector.version}`]: connector });
  const deps = { ...deployment, store };
  const plan = await planUpgrade(name, connector, deps, only);
  for (const move of plan.moves) for (const line of moveLines(move)) terminal.print(line);
  const wanted = plan.moves.map(({ id, credentials: names }) => ({ id, names }));
  const missing = await missingSecrets(deployment.secrets, wanted);
  // Whatever is wrong with the plan shows before anything is offered.
  if (prepared && !change.dryRun) await upgrade(plan, deps, { ...change, dryRun: true });
  if (prepared && !change.dryRun) await offer(prepared, deployment, terminal);
  const applied = await upgrade(plan, deps, change);
  for (const line of missing) terminal.complain(line);
  return applied;
}

async function goBack(
  reference: string,
  deployment: Deployment,
  change: ChangeOptions,
  { integration: only }: Options,
  terminal: Terminal,
): Promise<Applied> {
  const { name, version } = parseReference(reference);
  if (version !== undefined) throw new CommandFailure(['--rollback goes back to the version before: name no version']);
  const plan = await planRollback(name, deployment, only);
  for (const { id, connector } of plan.integrations) terminal.print(`${id}: back to ${connector}`);
  const store = deployment.storeWith(plan.before.pins?.connectors ?? {});
  return rollBack(plan, { store }, change);
}

/** The version that integrations are to run on; one that is not installed yet comes from the registry. */
async function targetOf(
  reference: string,
  { connectors, models }: Deployment,
  terminal: Terminal,
): Promise<{ connector: Connector; prepared?: Prepared }> {
  const { name, version } = parseReference(reference);
  const installed =
    version !== undefined || !isConnectorPackage(name) ? newestIn(connectors, name, version) : undefined;
  if (installed) return { connector: installed };
  if (!isConnectorPackage(name)) throw new LeadwireError('unknown_connector');
  return withRegistry(terminal, async (registry) => {
    const deps = { models, registry, ...EXAMINE };
    const published = await findPackage(reference, deps);
    const known = connectors.find(`${name}@${published.version}`);
    if (known) return { connector: known };
    const prepared = await preparePackage(published, deps);
    return { connector: prepared.connector, prepared };
  });
}

/** The newest that is there of a version or a range. */
function newestIn(catalog: ConnectorCatalog, name: string, wanted = '*'): Connector | undefined {
  const versions = catalog
    .list()
    .filter((source) => source.name === name)
    .map(({ version }) => version);
  // A range may have newer ones in the registry.
  const isOpen = isConnectorPackage(name) && semver.valid(wanted) === null;
  const found = isOpen ? null : semver.maxSatisfying(versions, wanted);
  return found === null ? undefined : catalog.find(`${name}@${found}`);
}

async function offer(
  prepared: Prepared,
  { models, author, connectors }: Deployment,
  terminal: Terminal,
): Promise<void> {
  await withRegistry(terminal, async (registry) => {
    const { package: name, version, integrity } = await offerPackage(prepared, author, { models, registry });
    terminal.print(`${name}@${version} is installed`);
    terminal.print(`  integrity  ${integrity}`);
  });
  await connectors.refresh();
}

function moveLines({ id, from, to, changes, hosts, credentials }: Move): string[] {
  return [
    `${id}: ${from} becomes ${to}`,
    ...changes.map((change) => `  ${changeLine(change)}`),
    ...(hosts.added.length > 0 ? [`  calls from now on: ${hosts.added.join(', ')}`] : []),
    ...(hosts.gone.length > 0 ? [`  calls no longer: ${hosts.gone.join(', ')}`] : []),
    ...(credentials.length > 0 ? [`  needs from now on: ${credentials.join(', ')}`] : []),
  ];
}

function changeLine(change: MigrationChange): string {
  switch (change.kind) {
    case 'renamed':
      return `config: ${change.name} becomes ${change.to}`;
    case 'set':
      return `config: ${change.name} gets its default`;
    case 'removed':
      return `config: ${change.name} goes away`;
  }
}
