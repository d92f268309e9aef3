import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { compileConfiguration, type CompiledConfiguration } from '../../config/compile.ts';
import { fieldsForConnector, fieldsOf } from '../../config/field-names.ts';
import { momentOf } from '../../config/moment.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Suggestion } from '../../rules/connector/suggest.ts';
import { MOMENTS, type Moment } from '../../schema/integration.ts';
import { requireIntegration } from '../../server/integrations/integration.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  connector?: string;
  campaign?: string;
  when?: Moment;
  json?: boolean;
}

export function suggestCommand(terminal: Terminal): Command {
  return new Command('suggest')
    .description('which fields of its campaign fill what its requests look at, and how to map the rest')
    .argument('[integration]', 'its id; or name a connector and a campaign')
    .option('--connector <name>', 'a connector that no integration names yet')
    .option('--campaign <id>', 'the campaign that it would be in')
    .addOption(new Option('--when <moment>', "when it would run; default by the connector's category").choices(MOMENTS))
    .option('--json', 'the same as JSON')
    .action(async (integration: string | undefined, { json, ...options }: Options) => {
      const found = await withDeployment(terminal, (deployment) => suggest(deployment, integration, options));
      if (json) return terminal.print(JSON.stringify(found, undefined, 2));
      for (const line of linesOf(found)) terminal.print(line);
    });
}

async function suggest(
  { store, connectors }: Deployment,
  id: string | undefined,
  { connector: name, campaign: cid, when }: Options,
): Promise<Suggestion> {
  const current = await store.current();
  if (!current) throw new LeadwireError('no_configuration');
  const configuration: CompiledConfiguration = compileConfiguration(
    await store.snapshot(current.revision),
    current.revision,
  );
  if (id !== undefined) {
    const { integration, campaign } = requireIntegration({ current: () => configuration }, id);
    return fieldsOf(campaign, integration);
  }
  if (name === undefined || cid === undefined) {
    throw new CommandFailure(['Name an integration, or --connector and --campaign']);
  }
  const campaign = configuration.campaigns.get(cid);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  await connectors.refresh();
  const connector = connectors.find(name);
  if (!connector) throw new LeadwireError('unknown_connector');
  return fieldsForConnector(campaign, connector, when ?? momentOf({ category: connector.category }));
}

const FILLED = { field: 'yes', known: 'leads have it', synonym: 'same meaning', type: 'same type', nothing: 'missing' };

function linesOf({ wanted, override, unused }: Suggestion): string[] {
  const rows = wanted.map(({ operation, part, theirs = '', wants, filledBy, field = '' }) => [
    ...[operation, part, theirs, `lead.${wants}`, FILLED[filledBy], field],
  ]);
  const patch =
    Object.keys(override).length > 0
      ? ['', 'To take the fields with the same meaning or type:', '', stringify(override).trimEnd()]
      : [];
  return [
    ...table([['operation', 'in', 'theirs', 'looks at', 'filled', 'by'], ...rows]),
    ...patch,
    ...(unused.length > 0 ? ['', `Nothing looks at: ${unused.join(', ')}`] : []),
  ];
}
