import { Argument, Command } from 'commander';
import { readCredit } from '../../activities/delivery/credit.ts';
import { creditTerms } from '../../rules/billing.ts';
import { formatPrice, parsePrice, type Micros } from '../../rules/money.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import type { Entry } from '../../server/statements/entries.ts';
import { enterOrder, REFERENCE } from '../../server/statements/operator-entry.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  reference: string;
  by: string;
  reason?: string;
  against?: boolean;
  offAccount?: boolean;
}

export function creditCommand(terminal: Terminal): Command {
  return new Command('credit')
    .description('money that moves outside leads: deposits of buyers, payments to sellers, adjustments')
    .addCommand(
      entryCommand(terminal, 'add', 'deposit', 'enter what a buyer paid').option(
        '--off-account',
        'it pays for what was bought before the buyer had billing: its credit stays as it is',
      ),
    )
    .addCommand(entryCommand(terminal, 'pay', 'payment', 'enter what a seller was paid'))
    .addCommand(
      entryCommand(terminal, 'adjust', 'adjustment', 'correct the balance of a buyer or a seller, in its favour')
        .option('--against', 'against it instead')
        .option('--off-account', 'of a buyer: its credit stays as it is'),
    )
    .addCommand(showCommand(terminal));
}

function entryCommand(terminal: Terminal, name: string, kind: Entry['kind'], description: string): Command {
  return new Command(name)
    .description(description)
    .addArgument(
      new Argument('<party>', kind === 'payment' ? 'sel_…' : kind === 'deposit' ? 'buy_…' : 'buy_… or sel_…'),
    )
    .argument('<dollars>', 'such as 500 or 12.50')
    .requiredOption('--reference <text>', "your own name of it, such as the bank's: entered again it changes nothing")
    .requiredOption('--by <name>', 'who enters it, for the audit log')
    .option('--reason <code>', 'why, as a code of your own')
    .action(async (party: string, text: string, options: Options) => {
      const amount = amountOf(text);
      const { reference, reason, by, against, offAccount = false } = options;
      if (!REFERENCE.test(reference)) {
        throw new CommandFailure([`--reference ${reference} must be up to 80 letters, digits, '.', '_' or '-'`]);
      }
      if (reason !== undefined && !returnReasonSchema.safeParse(reason).success) {
        throw new CommandFailure([`--reason ${reason} must be lower case letters, digits and _`]);
      }
      await withDeployment(terminal, async ({ store, leads, audit, author }) => {
        const { buyers = [], sellers = [] } = await store.export();
        const isThere = (side: Entry['side'], id: string) =>
          (side === 'buyer' ? buyers : sellers).some((one) => one.id === id);
        const order = { party, kind, amount, reference, reason, against, offAccount, by: `${by} (${author})` };
        const { isNew } = await enterOrder({ models: leads, audit, isThere }, order);
        const said = `${kind} of ${formatPrice(amount)} ${against ? 'against' : 'for'} ${party}`;
        terminal.print(isNew ? `entered: ${said}` : `${said} was entered under ${reference} already; nothing changed`);
      });
    });
}

function amountOf(text: string): Micros {
  const amount = parsePrice(text);
  if (!amount) throw new CommandFailure([`${text} is no amount: write dollars such as 12.50`]);
  return amount;
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('what buyers with billing have left to spend')
    .argument('[buyer]', 'only this one')
    .action(async (only?: string) => {
      const found = await withDeployment(terminal, async ({ store, leads }) => {
        const { buyers = [] } = await store.export();
        const wanted = buyers.filter(({ id, billing }) => billing && (only === undefined || id === only));
        return Promise.all(
          wanted.map(async ({ id, billing }) => ({ id, ...(await readCredit(leads, id, creditTerms(billing!))) })),
        );
      });
      if (found.length === 0) return terminal.print(only ? `${only} has no billing` : 'no buyer has billing');
      const rows = found.map(({ id, mode, ...money }) => [
        ...[id, mode],
        ...[money.limit, money.balance, money.reserved, money.available].map(formatPrice),
      ]);
      for (const line of table([['buyer', 'billing', 'limit', 'balance', 'reserved', 'available'], ...rows])) {
        terminal.print(line);
      }
    });
}
