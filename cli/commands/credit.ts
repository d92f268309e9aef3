import { Argument, Command } from 'commander';
import { readCredit } from '../../activities/delivery/credit.ts';
import { recordChange } from '../../config/audit.ts';
import { creditTerms } from '../../rules/billing.ts';
import { formatPrice, parsePrice, type Micros } from '../../rules/money.ts';
import { enterEntry, type Entry } from '../../server/statements/entries.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  reference: string;
  by: string;
  against?: boolean;
  offAccount?: boolean;
}

const REFERENCE = /^[A-Za-z0-9][\w.-]{0,79}$/;

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
    .action(async (party: string, text: string, options: Options) => {
      const amount = amountOf(text, kind, options);
      const { reference, by, offAccount = false } = options;
      if (!REFERENCE.test(reference)) {
        throw new CommandFailure([`--reference ${reference} must be up to 80 letters, digits, '.', '_' or '-'`]);
      }
      await withDeployment(terminal, async (deployment) => {
        const side = await sideOf(deployment, party, kind);
        const entry = { side, party, kind, amount, reference, offAccount, at: new Date() };
        const isNew = await enterEntry(deployment.leads, entry);
        const { audit, author } = deployment;
        const id = `${party}:${kind}:${reference}`;
        if (isNew) {
          const at = new Date();
          await recordChange(audit, { at, who: `${by} (${author})`, what: 'ledger', kind: 'created', id });
        }
        const said = `${kind} of ${formatPrice(Math.abs(amount))} ${amount < 0 && kind !== 'payment' ? 'against' : 'for'} ${party}`;
        terminal.print(isNew ? `entered: ${said}` : `${said} was entered under ${reference} already; nothing changed`);
      });
    });
}

function amountOf(text: string, kind: Entry['kind'], { against }: Options): Micros {
  const amount = parsePrice(text);
  if (!amount) throw new CommandFailure([`${text} is no amount: write dollars such as 12.50`]);
  return against || kind === 'payment' ? -amount : amount;
}

/** An entry for somebody nobody knows is a slip of the pen. */
async function sideOf({ store }: Deployment, party: string, kind: Entry['kind']): Promise<Entry['side']> {
  const { buyers = [], sellers = [] } = await store.export();
  if (kind !== 'payment' && buyers.some(({ id }) => id === party)) return 'buyer';
  if (kind !== 'deposit' && sellers.some(({ id }) => id === party)) return 'seller';
  const wanted = { deposit: 'buyer', payment: 'seller', adjustment: 'buyer or seller' }[kind];
  throw new CommandFailure([`No ${wanted} has the id ${party}`]);
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
