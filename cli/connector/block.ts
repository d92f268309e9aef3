import { Command } from 'commander';
import { recordChange } from '../../config/audit.ts';
import { changeBlocks, findBlock, isVersionRange, readBlocks } from '../../config/connectors/blocks.ts';
import { builtInConnectors, parseReference } from '../../config/connectors/catalog.ts';
import { usersOf } from '../../config/connectors/install.ts';
import type { ConnectorBlock } from '../../models/connector-block.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function blockCommand(terminal: Terminal): Command {
  return new Command('block')
    .description('keep a connector from being installed and from running, on every node; without one, list what is')
    .argument(
      '[connector]',
      'leadwire-connector-acme or phonexa, with a range of versions: leadwire-connector-acme@<1.4.2',
    )
    .option('--reason <text>', 'why, for whoever is stopped by it')
    .action(async (reference: string | undefined, { reason }: { reason?: string }) => {
      if (reference === undefined) return list(terminal);
      if (reason === undefined || reason.trim() === '') throw new CommandFailure(['Say why with --reason']);
      const wanted = readReference(reference);
      refuseTemplate(wanted.package);
      await withDeployment(terminal, async (deployment) => {
        const { models, store, author: by, audit } = deployment;
        const at = new Date();
        const entry: ConnectorBlock = { ...wanted, reason: reason.trim(), at, by, origin: 'operator' };
        await changeBlocks(models.connectorBlocks, (entries) => [
          ...entries.filter((one) => one.origin !== 'operator' || !isSame(one, wanted)),
          entry,
        ]);
        await recordChange(audit, { at, who: by, what: 'connector', kind: 'blocked', id: reference });
        const stopped = (await usersOf(store)).filter(({ connector }) => findBlock([entry], connector));
        terminal.print(`${reference} is blocked`);
        for (const { id, connector } of stopped) terminal.print(`  ${id} is stopped: it runs on ${connector}`);
      });
    });
}

export function unblockCommand(terminal: Terminal): Command {
  return new Command('unblock')
    .description('let a connector run again; also one that the index blocks')
    .argument('<connector>', 'as it was blocked')
    .action(async (reference: string) => {
      const wanted = readReference(reference);
      await withDeployment(terminal, async ({ models, author: by, audit }) => {
        const at = new Date();
        let found = false;
        await changeBlocks(models.connectorBlocks, (entries) => {
          found = entries.some((one) => isSame(one, wanted) && !one.lifted);
          if (!found) return undefined;
          return entries.flatMap((one) => {
            if (!isSame(one, wanted)) return [one];
            // The next index would bring it back.
            return one.origin === 'index' ? [{ ...one, lifted: { at, by } }] : [];
          });
        });
        if (!found) throw new CommandFailure([`${reference} is not blocked; see: leadwire connector block`]);
        await recordChange(audit, { at, who: by, what: 'connector', kind: 'unblocked', id: reference });
        const still = (await readBlocks(models.connectorBlocks)).find(
          (one) => one.package === wanted.package && !one.lifted,
        );
        terminal.print(`${reference} is no longer blocked`);
        if (still) terminal.complain(`${nameOf(still)} still is: ${still.reason}`);
      });
    });
}

async function list(terminal: Terminal): Promise<void> {
  const entries = await withDeployment(terminal, ({ models }) => readBlocks(models.connectorBlocks));
  if (entries.length === 0) return terminal.print('nothing is blocked');
  const head = ['connector', 'since', 'by', 'reason'];
  const rows = entries.map((entry) => [
    nameOf(entry),
    entry.at.toISOString(),
    entry.by ?? 'the index',
    entry.lifted ? `lifted by ${entry.lifted.by}: ${entry.reason}` : entry.reason,
  ]);
  for (const line of table([head, ...rows])) terminal.print(line);
}

function readReference(reference: string): Pick<ConnectorBlock, 'package' | 'versions'> {
  const { name, version } = parseReference(reference);
  if (version === undefined) return { package: name };
  if (!isVersionRange(version))
    throw new CommandFailure([`${version} is no range of versions: 1.4.2, <1.4.2 or ^1.0.0`]);
  return { package: name, versions: version };
}

/** Endpoints name templates, not connectors: a block would promise what it does not do. */
function refuseTemplate(name: string): void {
  const operations = Object.keys(builtInConnectors().find(name)?.operations ?? {});
  if (operations.length > 0 && operations.every((one) => one === 'postback')) {
    throw new CommandFailure([`${name} is the template of postbacks: pause the endpoints that name it`]);
  }
}

function isSame(
  one: ConnectorBlock,
  { package: name, versions }: Pick<ConnectorBlock, 'package' | 'versions'>,
): boolean {
  return one.package === name && one.versions === versions;
}

function nameOf({ package: name, versions }: ConnectorBlock): string {
  return versions === undefined ? name : `${name}@${versions}`;
}
