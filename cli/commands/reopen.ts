import { Command } from 'commander';
import { reopenWork } from '../../models/open-work.ts';
import { withDeployment } from '../deployment.ts';
import type { Terminal } from '../terminal.ts';

export function reopenCommand(terminal: Terminal): Command {
  return new Command('reopen')
    .description("go on with every open lead after Temporal's data was lost; harmless otherwise")
    .action(async () => {
      const count = await withDeployment(terminal, ({ leads }) => reopenWork(leads));
      terminal.print(`${count} open leads and deliveries go on within seconds of a node running`);
    });
}
