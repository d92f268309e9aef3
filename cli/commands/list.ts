import { Command, Option } from 'commander';
import { LIST_TYPES, type ListRecord, type ListType } from '../../models/list.ts';
import { listId } from '../../schema/ids.ts';
import { withDeployment } from '../deployment.ts';
import { importList, listHas, removeList } from '../list/import.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('lists of phone numbers, ZIP codes and the like that rules ask with in_list')
    .addCommand(importCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(removeCommand(terminal));
}

function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .description('make a file the content of a list, in place of what it held')
    .argument('<id>', 'id of the list: lst_ and up to 60 letters, digits, _ or -')
    .argument('<file>', 'one value a line, or CSV')
    .addOption(new Option('--type <type>', 'what the values are').choices(LIST_TYPES).default('text'))
    .option('--column <name>', 'header of the column with the values; default the first column, without a header')
    .action(async (id: string, path: string, options: { type: ListType; column?: string }) => {
      if (!listId.safeParse(id).success)
        throw new CommandFailure([`${id} is no id of a list: it must look like lst_name`]);
      const { count, unreadable, firstUnreadable } = await withDeployment(terminal, async (deployment) => {
        await deployment.ensureIndexes();
        return importList(deployment.leads, { list: id, path, by: deployment.author, ...options });
      });
      terminal.print(`${id} holds ${count} different values`);
      if (unreadable > 0) {
        terminal.complain(
          `${unreadable} lines hold no ${options.type} and were left out, the first is ${firstUnreadable}`,
        );
      }
    });
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('the lists there are; or whether one of them has a value')
    .argument('[id]', 'of one list')
    .option('--has <value>', 'ask for this value; exit code 1 when the list does not have it')
    .action(async (id: string | undefined, { has }: { has?: string }) => {
      if (has !== undefined && id === undefined) throw new CommandFailure(['Name the list that should have it']);
      await withDeployment(terminal, async ({ leads }) => {
        const found = await leads.lists
          .find(id === undefined ? {} : { _id: id })
          .sort({ _id: 1 })
          .lean<ListRecord[]>();
        const [list] = found;
        if (id !== undefined && !list) throw new CommandFailure([`there is no list ${id}`]);
        if (list && has !== undefined) {
          if (!(await listHas(leads, list, has))) throw new CommandFailure([`${list._id} does not have it`]);
          return terminal.print(`${list._id} has it`);
        }
        if (!list) return terminal.print('there are no lists');
        const head = ['list', 'type', 'values', 'imported', 'by'];
        for (const line of table([head, ...found.map(row)])) terminal.print(line);
      });
    });
}

function removeCommand(terminal: Terminal): Command {
  return new Command('remove')
    .description('take a list away: integrations whose rules ask it get no leads then')
    .argument('<id>', 'of the list')
    .action(async (id: string) => {
      const removed = await withDeployment(terminal, ({ leads }) => removeList(leads, id));
      if (!removed) throw new CommandFailure([`there is no list ${id}`]);
      terminal.print(`${id} is gone`);
    });
}

function row({ _id, type, count, importedAt, by }: ListRecord): string[] {
  return [_id, type, String(count), importedAt.toISOString(), by];
}
