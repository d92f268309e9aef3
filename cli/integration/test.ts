import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { createOAuthTokens } from '../../activities/oauth-tokens.ts';
import { createPortalDesk } from '../../activities/portal.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { createConfigurationRuntime } from '../../config/runtime.ts';
import { withMail } from '../../http/mail-address.ts';
import { createMailer } from '../../http/mail.ts';
import { createOutbound } from '../../http/outbound.ts';
import { withPortal } from '../../http/portal-address.ts';
import { withSftp } from '../../http/sftp.ts';
import { formatPrice } from '../../rules/money.ts';
import { OPERATIONS, type OperationName } from '../../schema/integration.ts';
import { tryIntegration, type IntegrationTried, type TestOrder } from '../../server/integrations/try-integration.ts';
import { triedShown } from '../../server/routes/integration-test.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { exchangeLines } from './exchange.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

interface Options {
  operation?: OperationName;
  transaction?: string;
  lead?: string;
  field: string[];
  bid: string[];
  production?: boolean;
  yes?: boolean;
  preview?: boolean;
  json?: boolean;
}

const CLOCK_SKEW_MS = 1_000;
const collect = (pair: string, before: string[]) => [...before, pair];

export function testIntegrationCommand(terminal: Terminal): Command {
  return new Command('test')
    .description('send one of its requests as a test: once, counted nowhere')
    .argument('<integration>', 'its id')
    .addOption(new Option('--operation <name>', 'default the first that it makes').choices(OPERATIONS))
    .option('--transaction <id>', 'a lead of its campaign whose values are sent; default made-up ones')
    .option('--lead <file>', 'JSON with values that replace those')
    .option('--field <name=value>', 'one such value, again and again', collect, [])
    .option('--bid <name=value>', 'for a post: id, price and what its ping brought, again and again', collect, [])
    .option('--production', 'to its real address, not its testUrl; in the audit log')
    .option('--yes', 'do not ask')
    .option('--preview', 'make the request without credentials and show it')
    .option('--json', 'as the API answers')
    .action(async (integration: string, options: Options) => {
      const { operation, transaction, production, preview = false, json } = options;
      const order: TestOrder & { send: boolean } = {
        ...{ integration, operation, transactionId: transaction, send: !preview },
        target: production ? 'production' : 'test',
        fields: { ...(await fieldsIn(options.lead)), ...pairs('--field', options.field) },
        bid: pairs('--bid', options.bid),
      };
      if (production && !preview && !options.yes) await confirm(terminal, integration);
      const tried = await withDeployment(terminal, (deployment) => tryWith(deployment, order));
      if (json) return terminal.print(JSON.stringify(triedShown(integration, tried), undefined, 2));
      for (const line of linesOf(tried)) terminal.print(line);
      if (tried.result === 'error') throw new CommandFailure([`${integration} did not answer as it should`]);
    });
}

/** Whoever sends a made-up lead to a real service has to have meant it. */
async function confirm(terminal: Terminal, integration: string): Promise<void> {
  if (!terminal.ask) throw new CommandFailure(['--production needs --yes where nobody can be asked']);
  const typed = await terminal.ask(`This goes to the real address. Type ${integration} to send it: `);
  if (typed.trim() !== integration) throw new CommandFailure(['Nothing was sent']);
}

async function fieldsIn(path: string | undefined): Promise<Record<string, unknown>> {
  if (path === undefined) return {};
  try {
    const read = JSON.parse(await readFile(path, 'utf8')) as unknown;
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>;
  } catch {
    // It is said below.
  }
  throw new CommandFailure([`${path} is no JSON object of fields`]);
}

function pairs(option: string, given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new CommandFailure([`${option} ${pair} is no name=value`]);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

async function tryWith(deployment: Deployment, order: TestOrder & { send: boolean }): Promise<IntegrationTried> {
  const { leads: models, store, secrets, audit, author, environment } = deployment;
  const { allowNetworks, secretKey: key, smtpUrl, mailFrom, publicUrl } = environment;
  const config = createConfigurationRuntime({ store, compile: compileConfiguration });
  const mailer = createMailer({ smtpUrl, from: mailFrom });
  const web = createOutbound({ allowNetworks });
  const outbound = withPortal(withSftp(withMail(web, mailer), { allowNetworks }), createPortalDesk(models));
  const oauth = createOAuthTokens({ tokens: models.oauthTokens, outbound, key, clockSkewMs: CLOCK_SKEW_MS });
  await config.start();
  try {
    return await tryIntegration(
      { models, config, secrets, oauth, outbound, audit, publicUrl },
      { ...order, by: author },
    );
  } finally {
    await config.stop();
    await outbound.close();
  }
}

function linesOf({ request, exchange, result, interpretation, issues }: IntegrationTried): string[] {
  const { outcome, price, reason, leadId, redirectUrl, capture = {}, bids = [] } = interpretation ?? {};
  const facts: [string, string | undefined][] = [
    ['result', result && (outcome === undefined || outcome === result ? result : `${result} (${outcome})`)],
    ['price', price === undefined ? undefined : formatPrice(price)],
    ['reason', reason],
    ['lead id', leadId],
    ['redirect', redirectUrl],
    ...Object.entries(capture).map(([name, value]) => [`captured ${name}`, JSON.stringify(value)] as [string, string]),
    ...bids.map(({ price: bid, id, private: kept }): [string, string] => [
      'bid',
      [formatPrice(bid), id, ...Object.entries(kept).map(([name, value]) => `${name}=${JSON.stringify(value)}`)]
        .filter(Boolean)
        .join(' '),
    ]),
    ...issues.map(({ code, field }): [string, string] => ['look at', field === undefined ? code : `${code} ${field}`]),
  ];
  return [
    ...exchangeLines(exchange ?? request),
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
  ];
}
