import { Command, Option } from 'commander';
import { CONNECTOR_OPERATIONS, type ConnectorOperation } from '../../schema/connector.ts';
import { CATEGORIES, type Category } from '../../schema/integration.ts';
import { createConnectorDirectory, type Listed } from '../../server/connectors/directory.ts';
import { searchConnectors } from '../../server/connectors/search.ts';
import { withDeployment } from '../deployment.ts';
import { table, type Terminal } from '../terminal.ts';

interface Options {
  category?: Category;
  operation?: ConnectorOperation;
  installed?: boolean;
  json?: boolean;
}

export function searchCommand(terminal: Terminal): Command {
  return new Command('search')
    .description('look for a connector among those of Leadwire, of the loaded index, and installed ones')
    .argument('[words...]', 'each must be found in its names, description, hosts or keywords')
    .addOption(new Option('--category <category>').choices(CATEGORIES))
    .addOption(new Option('--operation <operation>', 'what it can be asked to do').choices(CONNECTOR_OPERATIONS))
    .option('--installed', 'only those that integrations may name now')
    .option('--json', 'everything that is known of them')
    .action(async (words: string[], { category, operation, installed, json }: Options) => {
      const all = await withDeployment(terminal, ({ models }) => createConnectorDirectory({ models }).all());
      const found = searchConnectors(all, { q: words.join(' '), category, operation }).filter(
        (one) => !installed || one.installed.length > 0,
      );
      if (json) return terminal.print(JSON.stringify(found, undefined, 2));
      if (found.length === 0) return terminal.print('no connector fits');
      const head = ['connector', 'version', 'category', 'title', ''];
      for (const line of table([head, ...found.map(row)])) terminal.print(line);
    });
}

function row({ id, version, category, title, installed, provenance, block, conformance }: Listed): string[] {
  const isBuiltIn = provenance.kind === 'built in';
  const state = [
    block ? `blocked: ${block.reason}` : undefined,
    isBuiltIn ? 'built in' : installed.length > 0 ? `installed ${installed.join(' ')}` : undefined,
    (conformance?.errors ?? 0) > 0 ? 'does not pass' : undefined,
  ];
  return [id, version, category, title, state.filter(Boolean).join(', ')];
}
