import { Command } from 'commander';
import { testPostback } from '../../activities/alerts/message.ts';
import { sendPostback } from '../../activities/postback/deliver.ts';
import { createOAuthTokens } from '../../activities/oauth-tokens.ts';
import { channelEndpointId, compileAlerts } from '../../config/alerts.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { readEnvironment } from '../../config/environment.ts';
import { createConfigurationRuntime } from '../../config/runtime.ts';
import { createMailer } from '../../http/mail.ts';
import { createOutbound } from '../../http/outbound.ts';
import type { AlertRecord } from '../../models/alert.ts';
import { verdictOf } from '../../rules/postback/retry.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { allowedNetworks, withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function alertsCommand(terminal: Terminal): Command {
  return new Command('alerts')
    .description('what operators are told of campaigns')
    .addCommand(listCommand(terminal))
    .addCommand(testCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return new Command('list').description('every alert and how it stands').action(async () => {
    const { file, records } = await withDeployment(terminal, async ({ store, leads }) => ({
      file: (await store.current())?.file ?? {},
      records: await leads.alerts.find().sort({ _id: 1 }).lean<AlertRecord[]>(),
    }));
    const rows = rowsOf(file, records);
    if (rows.length === 0) return terminal.print('no campaign has alerts');
    const head = ['campaign', 'alert', 'about', 'state', 'since', 'seen', 'limit', 'told to'];
    for (const line of table([head, ...rows])) terminal.print(line);
  });
}

function rowsOf({ campaigns = [] }: ConfigurationFile, records: readonly AlertRecord[]): string[][] {
  return campaigns.flatMap(({ id: campaign, alerts }) =>
    compileAlerts(alerts).flatMap(({ id, above, to }) => {
      const own = records.filter((record) => record.campaign === campaign && record.alert === id);
      const ends = [String(above), to.join(' ')];
      if (own.length === 0) return [[campaign, id, '', 'ok', '', '', ...ends]];
      return own.map(({ subject = '', state, since, value }) => {
        return [campaign, id, subject, state, since.toISOString(), String(Math.round(value * 1000) / 1000), ...ends];
      });
    }),
  );
}

function testCommand(terminal: Terminal): Command {
  return new Command('test')
    .description('send a channel a message now, from here, and say what came of it')
    .argument('<channel>', 'id of the channel')
    .action(async (id: string) => {
      const environment = readEnvironment(terminal.variables);
      const outbound = createOutbound({ allowNetworks: allowedNetworks(environment) });
      const mailer = createMailer({ smtpUrl: environment.smtpUrl, from: environment.mailFrom });
      try {
        await withDeployment(terminal, async ({ store, secrets, leads: models }) => {
          const config = createConfigurationRuntime({ store, compile: compileConfiguration });
          await config.start();
          await config.stop();
          const endpoint = config.current().endpoints.byId.get(channelEndpointId(id));
          if (!endpoint) throw new CommandFailure([`No alert channel has the id ${id}`]);
          const oauth = createOAuthTokens({ tokens: models.oauthTokens, outbound, key: undefined, clockSkewMs: 0 });
          const deps = { models, config, secrets, outbound, mailer, oauth };
          const { fault, result } = await sendPostback(deps, testPostback(id, new Date()), endpoint);
          const status = result?.kind === 'response' ? result.status : undefined;
          if (status !== undefined && verdictOf(status) === 'delivered') return terminal.print(`${id} took it`);
          const detail = result?.exchange().detail;
          const why = [fault ?? `http_${status}`, ...(detail === undefined ? [] : [detail])];
          throw new CommandFailure([`${id} did not take it: ${why.join(', ')}`]);
        });
      } finally {
        await outbound.close();
      }
    });
}
