import { Command } from 'commander';
import { createOAuthTokens } from '../../activities/oauth-tokens.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { createOutbound } from '../../http/outbound.ts';
import { tryEndpoint, type Tried } from '../../server/postbacks/try-endpoint.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { exchangeLines } from '../integration/exchange.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

interface Options {
  event?: string;
  lead?: string;
  live?: boolean;
}

const CLOCK_SKEW_MS = 1_000;

export function testPostbackCommand(terminal: Terminal): Command {
  return new Command('test')
    .description('send an endpoint one postback as a test: once, at once, and counted nowhere')
    .argument('<endpoint>', 'its id: src_demo/crm, event/sale_completed/crm or cmp_auto/sale_completed/crm')
    .option('--event <id>', 'an event it is told of, or a status such as sold; default the first')
    .option('--lead <id>', 'transaction id whose values are sent; default made-up ones')
    .option('--live', 'to its real address, not its testUrl')
    .action(async (endpoint: string, options: Options) => {
      const tried = await withDeployment(terminal, (deployment) => tryWith(deployment, endpoint, options));
      for (const line of exchangeLines(tried.exchange)) terminal.print(line);
      if (!tried.taken) throw new CommandFailure([`${endpoint} did not take it: ${tried.reason}`]);
      terminal.print(`${endpoint} took ${tried.type}`);
    });
}

async function tryWith(
  { leads: models, store, secrets, environment }: Deployment,
  endpoint: string,
  { event, lead: transactionId, live = false }: Options,
): Promise<Tried> {
  const current = await store.current();
  if (!current) throw new LeadwireError('no_configuration');
  const configuration = compileConfiguration(current.file, current.revision);
  const { allowNetworks, secretKey: key } = environment;
  const outbound = createOutbound({ allowNetworks });
  const oauth = createOAuthTokens({ tokens: models.oauthTokens, outbound, key, clockSkewMs: CLOCK_SKEW_MS });
  try {
    return await tryEndpoint(
      { models, secrets, oauth, outbound, config: { current: () => configuration } },
      { endpoint, event, transactionId, live },
    );
  } finally {
    await outbound.close();
  }
}
