import { Command } from 'commander';
import { channelEndpointId } from '../../config/alerts.ts';
import { credentialsOf } from '../../config/connectors/credentials.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function secretCommand(terminal: Terminal): Command {
  return new Command('secret')
    .description('credentials of integrations')
    .addCommand(setCommand(terminal))
    .addCommand(listCommand(terminal));
}

function setCommand(terminal: Terminal): Command {
  return new Command('set')
    .description('encrypt and store a credential; its value is read from standard input')
    .argument(
      '<integration>',
      'id of the integration; of a source, event/<event>, <campaign>/<event> or alert/<channel> that use it',
    )
    .argument('<name>', 'name under which mappings see it, as secrets.<name>')
    .action(async (integration: string, name: string) => {
      const value = (await terminal.readInput(`Value of ${name}`)).replace(/\r?\n$/, '');
      if (value === '') throw new CommandFailure(['Give the value on standard input']);
      await withDeployment(terminal, async ({ store, secrets, author }) => {
        if (!(await isNamed(store, integration, name))) {
          terminal.complain(`warning: no integration or source ${integration} lists ${name} among its secrets`);
        }
        await secrets.set(integration, name, value, author);
        terminal.print(`${integration} ${name} is set`);
      });
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list').description('names and dates, never values').action(async () => {
    const found = await withDeployment(terminal, ({ secrets }) => secrets.list());
    const rows = found.map(({ integration, name, updatedAt, readable }) => [
      integration,
      name,
      updatedAt.toISOString(),
      readable ? '' : 'under another key',
    ]);
    for (const line of table(rows)) terminal.print(line);
  });
}

async function isNamed(store: Deployment['store'], integration: string, name: string) {
  const revision = await store.currentRevision();
  const file = revision === undefined ? {} : await store.snapshot(revision);
  const { integrations = [], sources = [], events = [], campaigns = [], alertChannels = [] } = file;
  const owned = [
    ...sources.map(({ id, postbacks = [] }) => ({ owner: id, postbacks })),
    ...events.map(({ id, postbacks = [] }) => ({ owner: `event/${id}`, postbacks })),
    ...campaigns.flatMap(({ id, events: own = [] }) =>
      own.flatMap((entry) =>
        typeof entry === 'string' ? [] : [{ owner: `${id}/${entry.event}`, postbacks: entry.postbacks ?? [] }],
      ),
    ),
  ];
  const channels = alertChannels.filter(({ id }) => integration === channelEndpointId(id));
  const endpoints = [
    ...channels,
    ...owned.filter(({ owner }) => owner === integration).flatMap(({ postbacks }) => postbacks),
  ];
  return (
    integrations.some((entry) => entry.id === integration && credentialsOf(file, entry).all.includes(name)) ||
    endpoints.some(({ secrets, sign }) => secrets?.includes(name) || sign?.includes(name))
  );
}
