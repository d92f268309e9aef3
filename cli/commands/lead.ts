import { Command } from 'commander';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { withDeployment } from '../deployment.ts';
import { readLead, withoutValues } from '../lead/records.ts';
import { reportLead } from '../lead/report.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  json?: boolean;
  showValues?: boolean;
}

export function leadCommand(terminal: Terminal): Command {
  return new Command('lead')
    .description('what happened to a lead, and why')
    .argument('<id>', 'transaction id')
    .option('--json', 'the records themselves')
    .option('--show-values', 'with its personal values, the requests and the answers')
    .action(async (id: string, { json, showValues }: Options) => {
      const found = await withDeployment(terminal, ({ leads }) => readLead(leads, id));
      if (!found) throw new LeadwireError('unknown_lead');
      const records = showValues ? found : withoutValues(found);
      if (json) return terminal.print(JSON.stringify(records, undefined, 2));
      for (const line of reportLead(records)) terminal.print(line);
    });
}
