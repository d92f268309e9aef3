import { Command } from 'commander';
import { checkConfiguration } from '../../config/check.ts';
import { readEnvironment } from '../../config/environment.ts';
import { readConfigurationFile } from '../configuration-file.ts';
import { allowedNetworks } from '../deployment.ts';
import { CommandFailure, issueLine, type Terminal } from '../terminal.ts';

export function checkCommand(terminal: Terminal): Command {
  return new Command('check')
    .description('list every mistake in a file that holds a whole configuration; needs no database')
    .argument('<file>', 'YAML or JSON')
    .action(async (path: string) => {
      const { input } = await readConfigurationFile(path);
      const environment = readEnvironment(terminal.variables);
      const { codeConnectors } = environment;
      const allowNetworks = allowedNetworks(environment);
      const { file, issues } = checkConfiguration(input, { allowNetworks, codeConnectors });
      if (!file) throw new CommandFailure(issues.map(issueLine));
      for (const warning of issues) terminal.complain(issueLine(warning));
      terminal.print(`${path} has no mistakes`);
    });
}
