import { Command } from 'commander';
import { writeBackup } from '../../config/backup.ts';
import { withDeployment } from '../deployment.ts';
import { table, type Terminal } from '../terminal.ts';

export function backupCommand(terminal: Terminal): Command {
  return new Command('backup')
    .description("write the deployment's whole database into a file; stop its nodes first to catch one instant")
    .argument('<file>', 'such as leadwire.ndjson.gz; replaced when it exists')
    .action(async (path: string) => {
      const counts = await withDeployment(terminal, (deployment) => writeBackup(deployment, path));
      for (const line of table(Object.entries(counts).map(([name, count]) => [name, String(count)]))) {
        terminal.print(line);
      }
      terminal.print(`Wrote ${path}. It holds personal data: keep it as you keep the database`);
    });
}
