import { Command } from 'commander';
import { installPackage, removePackage, usersOf } from '../../config/connectors/install.ts';
import { compareVersions, parseReference } from '../../config/connectors/catalog.ts';
import type { ConnectorPackage } from '../../models/connector-package.ts';
import { withDeployment } from '../deployment.ts';
import { table, type Terminal } from '../terminal.ts';
import { EXAMINE, withRegistry } from './registry.ts';

export function installCommand(terminal: Terminal): Command {
  return new Command('install')
    .description('get a connector from the registry, prove and try it, and offer it on every node')
    .argument('<package>', 'leadwire-connector-acme, with @1.4.2, @^1.0.0 or a tag; default the latest')
    .option('--integrity <sha512>', 'the one that it must have, as npm writes it')
    .action(async (reference: string, { integrity }: { integrity?: string }) => {
      await withDeployment(terminal, ({ models, author }) =>
        withRegistry(terminal, async (registry) => {
          const installed = await installPackage(reference, author, { models, registry, ...EXAMINE }, integrity);
          const { package: name, version, outcome, conformance } = installed;
          const { warnings, suggestions } = conformance;
          terminal.print(`${name}@${version} is ${outcome === 'installed' ? 'installed' : 'there already'}`);
          terminal.print(`  integrity    ${installed.integrity}`);
          terminal.print(`  registry     ${registry.url}`);
          terminal.print(`  conformance  passes: ${warnings} warnings, ${suggestions} suggestions`);
          terminal.print(`Name it in an integration: connector: ${quoted(`${name}@${version}`)}`);
        }),
      );
    });
}

export function removeCommand(terminal: Terminal): Command {
  return new Command('remove')
    .description('take a connector from what integrations may name; refused while one runs on it')
    .argument('<package>', 'all its versions, or leadwire-connector-acme@1.4.2')
    .action(async (reference: string) => {
      const removed = await withDeployment(terminal, ({ models, store, author }) =>
        removePackage(reference, author, { models, store }),
      );
      for (const key of removed) terminal.print(`${key} is removed`);
    });
}

interface Row {
  connector: string;
  version: string;
  /** `built in`, `installed`, or `kept`: integrations are pinned to it, nothing else can name it. */
  state: 'built in' | 'installed' | 'kept';
  integrity?: string;
  installedAt?: Date;
  conformance?: ConnectorPackage['conformance'];
  usedBy: string[];
}

export function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('the connectors that are installed, and who runs on them')
    .option('--built-in', 'those that come with Leadwire too')
    .option('--json', 'everything that is known of them')
    .action(async ({ builtIn, json }: { builtIn?: boolean; json?: boolean }) => {
      const rows = await withDeployment(terminal, async ({ models, store, connectors }) => {
        await connectors.refresh();
        const wanted = { package: 1, version: 1, integrity: 1, installedAt: 1, conformance: 1 } as const;
        const installed = await models.connectorPackages.find({ state: 'offered' }, wanted).lean<ConnectorPackage[]>();
        return rowsOf(connectors.list(), installed, await usersOf(store));
      });
      const shown = rows.filter(({ state, usedBy }) => builtIn || state !== 'built in' || usedBy.length > 0);
      if (json) return terminal.print(JSON.stringify(shown, undefined, 2));
      if (shown.length === 0) return terminal.print('nothing is installed');
      const lines = shown.map(({ connector, version, state, usedBy }) => [
        connector,
        version,
        state,
        usedBy.join(', '),
      ]);
      for (const line of table([['connector', 'version', '', 'used by'], ...lines])) terminal.print(line);
    });
}

function rowsOf(
  offered: readonly { name: string; version: string }[],
  installed: readonly ConnectorPackage[],
  users: readonly { id: string; connector: string }[],
): Row[] {
  const packages = new Map(installed.map((row) => [row._id, row]));
  const keys = new Set([
    ...offered.map(({ name, version }) => `${name}@${version}`),
    ...users.map(({ connector }) => connector),
  ]);
  const known = new Set(offered.map(({ name, version }) => `${name}@${version}`));
  const rows = [...keys].map((key): Row => {
    const { name, version = '' } = parseReference(key);
    const row = packages.get(key);
    const found = row
      ? { integrity: row.integrity, installedAt: row.installedAt, conformance: row.conformance }
      : undefined;
    const state = row ? 'installed' : known.has(key) ? 'built in' : 'kept';
    const usedBy = users.filter(({ connector }) => connector === key).map(({ id }) => id);
    return { connector: name, version, state, ...found, usedBy };
  });
  return rows.sort((a, b) => a.connector.localeCompare(b.connector, 'en') || compareVersions(b.version, a.version));
}

/** A scope's @ cannot start a plain text in YAML. */
function quoted(reference: string): string {
  return reference.startsWith('@') ? `"${reference}"` : reference;
}
