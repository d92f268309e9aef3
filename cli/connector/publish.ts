import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { examinePackage, readPackage } from '../../config/connectors/examine.ts';
import { integrityOf } from '../../config/connectors/registry.ts';
import { inFolder, readTarball, type PackageFiles } from '../../config/connectors/tarball.ts';
import type { Finding } from '../../sdk/index.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';
import { report } from './findings.ts';
import { connectorFolder } from './folder.ts';
import { leaksIn } from './leaks.ts';
import { createNpm, type Npm } from './npm.ts';
import { download, pack } from './pack.ts';
import { EXAMINE, testAgainst } from './registry.ts';

interface Options {
  registry?: string;
  tag?: string;
  access?: string;
  provenance: boolean;
  dryRun?: boolean;
}

export function publishCommand(terminal: Terminal): Command {
  return new Command('publish')
    .description('try what would be published, against the last version too, and publish it by npm')
    .argument('[folder]', 'of the connector; default here', '.')
    .option('--registry <url>', "default npm's")
    .option('--tag <tag>', 'default latest')
    .option('--access <access>', 'public or restricted, for a package with a scope')
    .option('--no-provenance', 'do not state how it was built, where the build could')
    .option('--dry-run', 'all but publishing')
    .action(async (path: string, options: Options) => {
      const folder = fileURLToPath(connectorFolder(path));
      const place = mkdtempSync(join(tmpdir(), 'leadwire-publish-'));
      try {
        await publish(createNpm(folder, terminal), place, options, terminal);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });
}

/** What is tried is what is published: the tarball itself. */
async function publish(npm: Npm, place: string, options: Options, terminal: Terminal): Promise<void> {
  const at = options.registry === undefined ? [] : ['--registry', options.registry];
  const file = join(place, await pack(npm, place));
  const tarball = await readFile(file);
  const files = await readTarball(tarball);
  const { version } = readPackage(files);
  const { name } = JSON.parse(String(files.get('package.json'))) as { name: string };
  const leaks = leaksIn(files);
  if (leaks.length > 0) throw new CommandFailure(['This must not be published:', ...leaks]);

  const previous = await lastPublished(npm, { name, version }, place, at);
  const findings = await tryOut(tarball, previous?.files);
  if (previous) terminal.print(`compared with ${name}@${previous.version}`);
  report(`${name}@${version}`, findings, terminal);
  if (options.dryRun) return terminal.print('nothing published');

  const how = [
    ...(options.tag === undefined ? [] : ['--tag', options.tag]),
    ...(options.access === undefined ? [] : ['--access', options.access]),
    ...(options.provenance && statesProvenance({ ...process.env, ...terminal.variables }) ? ['--provenance'] : []),
  ];
  await npm.run(['publish', file, ...at, ...how]);
  terminal.print(`${name}@${version} is published`);
  terminal.print(`  integrity  ${integrityOf(tarball)}`);
}

/** What is found is for the author to read, whether it passes or not. */
async function tryOut(tarball: Buffer, previous: PackageFiles | undefined): Promise<Finding[]> {
  let found: Finding[] = [];
  const examine = (before?: URL) =>
    examinePackage(tarball, undefined, {
      ...EXAMINE,
      async test(folder) {
        found = await (before ? testAgainst(folder, before) : EXAMINE.test(folder));
        return [];
      },
    });
  if (previous) await inFolder(previous, examine);
  else await examine();
  return found;
}

/** The newest version before this one, whatever else was published meanwhile. Undefined for a first one. */
async function lastPublished(
  npm: Npm,
  { name, version }: { name: string; version: string },
  place: string,
  at: readonly string[],
): Promise<{ version: string; files: PackageFiles } | undefined> {
  const file = await download(npm, `${name}@<${version}`, place, at);
  if (file === undefined) return undefined;
  const files = await readTarball(await readFile(join(place, file)));
  const { version: last } = JSON.parse(String(files.get('package.json'))) as { version: string };
  return { version: last, files };
}

/** Where npm can prove to a transparency log which build a package comes from. */
function statesProvenance(variables: NodeJS.ProcessEnv): boolean {
  return Boolean(variables['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? variables['SIGSTORE_ID_TOKEN']);
}
