import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readEnvironment } from '../../config/environment.ts';
import { createOutbound } from '../../http/outbound.ts';
import type { Finding, RuleId, Subject } from '../../sdk/index.ts';
import { blockCommand, unblockCommand } from '../connector/block.ts';
import { createCommand } from '../connector/create.ts';
import { devCommand } from '../connector/dev.ts';
import { report } from '../connector/findings.ts';
import { connectorFolder, findingsIn, readOwn } from '../connector/folder.ts';
import { indexCommand } from '../connector/index.ts';
import { installCommand, listCommand, removeCommand } from '../connector/install.ts';
import { createNpm } from '../connector/npm.ts';
import { pack } from '../connector/pack.ts';
import { publishCommand } from '../connector/publish.ts';
import { keep, readValues, record } from '../connector/record.ts';
import { searchCommand } from '../connector/search.ts';
import { upgradeCommand } from '../connector/upgrade.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function connectorCommand(terminal: Terminal): Command {
  return new Command('connector')
    .description('connectors: make, test and publish your own, install, upgrade and remove those of others')
    .addCommand(createCommand(terminal))
    .addCommand(devCommand(terminal))
    .addCommand(validateCommand(terminal))
    .addCommand(testCommand(terminal))
    .addCommand(packCommand(terminal))
    .addCommand(publishCommand(terminal))
    .addCommand(installCommand(terminal))
    .addCommand(upgradeCommand(terminal))
    .addCommand(removeCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(searchCommand(terminal))
    .addCommand(indexCommand(terminal))
    .addCommand(blockCommand(terminal))
    .addCommand(unblockCommand(terminal));
}

interface Options {
  previous?: string;
}

function validateCommand(terminal: Terminal): Command {
  return aboutFolder(new Command('validate'))
    .description('look for mistakes and for what every connector must stand')
    .action(async (path: string, options: Options) => {
      const { subject, findings } = await examine(path, options);
      report(nameOf(subject, path), findings, terminal);
    });
}

function testCommand(terminal: Terminal): Command {
  return aboutFolder(new Command('test'))
    .description('run its fixtures, and what every connector must stand')
    .option(
      '--record <name>',
      'send --from to the real service and keep what it answers as test/supplemental/<name>.json',
    )
    .option('--from <fixture>', 'the fixture to send: exemplary/post-accepted.json')
    .option('--values <file>', 'config and secrets of a real account, as JSON; they are not kept')
    .action(async (path: string, options: Options & { record?: string; from?: string; values?: string }) => {
      if (options.record !== undefined) {
        terminal.print(`kept as ${await capture(path, { ...options, record: options.record }, terminal)}`);
      }
      const { subject, findings } = await examine(path, options);
      const failed = new Set(findings.flatMap(({ rule, at }) => (AS_EXPECTED.includes(rule) ? [at] : [])));
      for (const { file } of subject.connector ? subject.fixtures : []) {
        terminal.print(`${failed.has(file) ? 'FAIL' : 'ok  '} ${file}`);
      }
      report(nameOf(subject, path), findings, terminal);
    });
}

/** Rules that say of a fixture that it is not as it should be. */
const AS_EXPECTED: readonly RuleId[] = ['fixtures/match', 'deterministic', 'input/not-mutated'];

function packCommand(terminal: Terminal): Command {
  return aboutFolder(new Command('pack'))
    .description('make the tarball that is published, of a package that passes')
    .option('--into <folder>', 'where to; default here', '.')
    .action(async (path: string, options: Options & { into: string }) => {
      const { subject, findings } = await examine(path, options);
      if (!subject.package) throw new CommandFailure([`${path} has no package.json`]);
      report(nameOf(subject, path), findings, terminal);
      const npm = createNpm(fileURLToPath(connectorFolder(path)), terminal);
      terminal.print(await pack(npm, fileURLToPath(connectorFolder(options.into))));
    });
}

function aboutFolder(command: Command): Command {
  return command
    .argument('[folder]', 'of the connector; default here', '.')
    .option('--previous <folder>', 'of the version that was published last, to compare with');
}

function examine(path: string, { previous }: Options): Promise<{ subject: Subject; findings: Finding[] }> {
  return findingsIn(connectorFolder(path), previous === undefined ? undefined : connectorFolder(previous));
}

function nameOf({ connector }: Subject, path: string): string {
  return connector?.id ?? path;
}

async function capture(
  path: string,
  { record: name, from, values }: { record: string; from?: string; values?: string },
  terminal: Terminal,
): Promise<string> {
  if (!/^[\w-]+$/.test(name)) throw new CommandFailure([`${name} is no name: post-out-of-area`]);
  const folder = connectorFolder(path);
  const { connector, fixtures, functions } = await readOwn(folder);
  const sample = fixtures.find(({ file }) => file === from || file === `${from}.json`);
  if (!connector || !sample) {
    throw new CommandFailure([`Name with --from one of ${fixtures.map(({ file }) => file).join(', ')}`]);
  }
  const outbound = createOutbound({ allowNetworks: readEnvironment(terminal.variables).allowNetworks });
  try {
    const real = values === undefined ? {} : readValues(values);
    return keep(folder, name, await record({ connector, functions }, sample.fixture, real, outbound));
  } finally {
    await outbound.close();
  }
}
