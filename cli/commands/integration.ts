import { Command } from 'commander';
import { logsCommand, performanceCommand } from '../integration/log.ts';
import { suggestCommand } from '../integration/suggest.ts';
import { testIntegrationCommand } from '../integration/test.ts';
import type { Terminal } from '../terminal.ts';

export function integrationCommand(terminal: Terminal): Command {
  return new Command('integration')
    .description('integrations: try one out, map its fields, see how it does')
    .addCommand(testIntegrationCommand(terminal))
    .addCommand(suggestCommand(terminal))
    .addCommand(performanceCommand(terminal))
    .addCommand(logsCommand(terminal));
}
