import { Command } from 'commander';
import { restoreBackup } from '../../config/restore.ts';
import { reopenWork } from '../../models/open-work.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function restoreCommand(terminal: Terminal): Command {
  return new Command('restore')
    .description('load a backup into an empty database; stop the nodes first')
    .argument('<file>', 'written by backup')
    .option('--force', 'empty the database first')
    .action(async (path: string, options: { force?: boolean }) => {
      let reopened = 0;
      const restored = await withDeployment(terminal, async (deployment) => {
        const result = await restoreBackup(deployment, path, options);
        if (result.outcome === 'restored') reopened = await reopenWork(deployment.leads);
        return result;
      });
      if (restored.outcome === 'damaged') {
        throw new CommandFailure([`${path} was not restored, nothing was touched: ${restored.reason}`]);
      }
      if (restored.outcome === 'not_empty') {
        const list = restored.collections.join(', ');
        throw new CommandFailure([`The database is not empty (${list}). --force empties it first`]);
      }
      for (const line of table(Object.entries(restored.counts).map(([name, count]) => [name, String(count)]))) {
        terminal.print(line);
      }
      if (reopened > 0) terminal.print(`${reopened} open leads and deliveries go on when a node starts`);
    });
}
