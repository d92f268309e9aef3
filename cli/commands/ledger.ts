import { Command } from 'commander';
import { keepCheck } from '../../server/statements/check-run.ts';
import { auditLedger } from '../../server/statements/check.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  complete?: boolean;
  grace: string;
}

export function ledgerCommand(terminal: Terminal): Command {
  return new Command('ledger').description('the books').addCommand(
    new Command('check')
      .description('add everything up again: sales, the ledger, leads and accounts')
      .option('--complete', 'bring to an end what a node that died left undone, where nothing contradicts')
      .option('--grace <seconds>', 'leave out what moved so lately that it may be under way', '60')
      .action(async ({ complete = false, grace }: Options) => {
        const seconds = Number(grace);
        if (!(seconds >= 0)) throw new CommandFailure([`--grace ${grace} is no number of seconds`]);
        const until = new Date(Date.now() - seconds * 1000);
        const { sales, accounts, findings } = await withDeployment(terminal, async ({ leads }) => {
          const first = await auditLedger(leads, until, complete);
          // What was completed is looked at again.
          const last = complete && first.findings.length > 0 ? await auditLedger(leads, until) : first;
          await keepCheck(leads, last, new Date());
          return last;
        });
        const seen = `${sales} sales and ${accounts} accounts`;
        if (findings.length === 0) return terminal.print(`${seen} add up`);
        for (const line of table(findings.map(({ id, what, says }) => [id, what, says]))) terminal.print(line);
        throw new CommandFailure([`Of ${seen}, these ${findings.length} do not add up`]);
      }),
  );
}
