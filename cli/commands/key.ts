import { Command, Option } from 'commander';
import { KEY_MODES, type KeyMode } from '../../models/api-key.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function keyCommand(terminal: Terminal): Command {
  return new Command('key')
    .description('API keys of sources')
    .addCommand(createCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(revokeCommand(terminal));
}

function createCommand(terminal: Terminal): Command {
  return new Command('create')
    .description('make a key and show it, this once')
    .requiredOption('--source <id>', 'source that posts with it')
    .addOption(new Option('--mode <mode>', 'test keys make sandbox leads').choices(KEY_MODES).makeOptionMandatory())
    .action(async ({ source, mode }: { source: string; mode: KeyMode }) => {
      await withDeployment(terminal, async ({ store, apiKeys, author }) => {
        const known = (await store.current())?.file.sources ?? [];
        if (!known.some(({ id }) => id === source)) throw new CommandFailure([`No source has the id ${source}`]);
        const { key } = await apiKeys.create({ source, mode, by: author });
        terminal.print(key);
      });
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list').description('every key by its public start').action(async () => {
    const found = await withDeployment(terminal, ({ apiKeys }) => apiKeys.list());
    const rows = found.map(({ id, source, mode, createdAt, revokedAt }) => [
      id,
      source,
      mode,
      createdAt.toISOString(),
      revokedAt ? `revoked ${revokedAt.toISOString()}` : '',
    ]);
    for (const line of table(rows)) terminal.print(line);
  });
}

function revokeCommand(terminal: Terminal): Command {
  return new Command('revoke')
    .description('end a key; nodes refuse it within two seconds')
    .argument('<id>', 'public start of the key, as key list shows it')
    .action(async (id: string) => {
      const revoked = await withDeployment(terminal, ({ apiKeys, author }) => apiKeys.revoke(id, author));
      if (!revoked) throw new CommandFailure([`No key in use starts with ${id}`]);
      terminal.print(`${id} is revoked`);
    });
}
