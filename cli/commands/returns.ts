import { Command, Option } from 'commander';
import { recordChange } from '../../config/audit.ts';
import { RETURN_STATES, type ReturnRecord, type ReturnState } from '../../models/return.ts';
import { formatPrice } from '../../rules/money.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import { decideReturn } from '../../server/returns/request.ts';
import { searchReturns } from '../../server/returns/search.ts';
import { withDeployment } from '../deployment.ts';
import { rowLimit } from '../row-limit.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

export function returnsCommand(terminal: Terminal): Command {
  return new Command('returns')
    .description('sold leads that buyers give back')
    .addCommand(listCommand(terminal))
    .addCommand(
      decideCommand(
        terminal,
        'approve',
        'approved',
        'take a sale back, also one whose buyer asked otherwise than by the API',
      ).option('--reason <code>', 'why, when the buyer gave no reason'),
    )
    .addCommand(decideCommand(terminal, 'refuse', 'refused', 'let a sale stand whose buyer asked to return it'));
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('returns, of the newest leads first')
    .addOption(new Option('--state <state>').choices(RETURN_STATES).default('requested'))
    .option('--buyer <id>', 'only of this buyer')
    .option('--limit <n>', 'how many to show', '200')
    .action(async ({ state, buyer, limit: text }: { state: ReturnState; buyer?: string; limit: string }) => {
      const limit = rowLimit(text);
      const { records, before } = await withDeployment(terminal, ({ leads }) =>
        searchReturns(leads.returns, { state, buyer, limit }),
      );
      if (records.length === 0) return terminal.print(`no return is ${state}`);
      const head = ['delivery', 'state', 'buyer', 'reason', 'price', 'clawback', 'asked', 'by', ''];
      for (const line of table([head, ...records.map(row)])) terminal.print(line);
      if (before) terminal.complain(`There are more than ${limit}: raise --limit to see them`);
    });
}

function row({ _id, state, buyer, reason, amount, clawback, requestedAt, requestedBy, mode }: ReturnRecord): string[] {
  const money = [formatPrice(amount), formatPrice(clawback)];
  const asked = [requestedAt.toISOString(), requestedBy];
  return [_id, state, buyer, reason ?? '', ...money, ...asked, mode === 'test' ? 'sandbox' : ''];
}

function decideCommand(
  terminal: Terminal,
  name: string,
  state: Exclude<ReturnState, 'requested'>,
  description: string,
): Command {
  return new Command(name)
    .description(description)
    .argument('<delivery>', 'id of the delivery, as leadwire returns list shows it')
    .requiredOption('--by <name>', 'who decides, for the audit log')
    .action(async (id: string, { by, reason }: { by: string; reason?: string }) => {
      if (reason !== undefined && !returnReasonSchema.safeParse(reason).success) {
        throw new CommandFailure([`--reason ${reason} must be lower case letters, digits and _`]);
      }
      await withDeployment(terminal, async ({ leads, audit, author }) => {
        const deps = { models: leads, kick() {}, observer: { conflict() {} } };
        const changed = await decideReturn(deps, id, { state, reason, by });
        if (!changed) return terminal.print(`the return of ${id} was ${state} already; nothing changed`);
        await recordChange(audit, { at: new Date(), who: `${by} (${author})`, what: 'return', kind: state, id });
        terminal.print(`the return of ${id} is ${state}`);
      });
    });
}
