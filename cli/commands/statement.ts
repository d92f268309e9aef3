import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import { formatPrice, MICROS_PER_DOLLAR } from '../../rules/money.ts';
import { LINE_OF } from '../../rules/statement.ts';
import { csvOf } from '../../server/api/csv-file.ts';
import { isTimezone } from '../../rules/zone-clock.ts';
import { daysOf, type Owner } from '../../server/reports/request.ts';
import { makeStatement, PART_OF, statementColumns, type Statement } from '../../server/statements/statement.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  from?: string;
  to?: string;
  timezone: string;
  csv?: boolean;
  json?: boolean;
}

/** Lines of the longest statement. */
const MAX_ROWS = 100_000;

export function statementCommand(terminal: Terminal): Command {
  return new Command('statement')
    .description('what a seller earned or a buyer owes, day by day, with the balance carried on')
    .argument('<party>', 'sel_… or buy_…')
    .option('--from <day>', 'first day: 2026-11-01. Default six days before the last one')
    .option('--to <day>', 'last day. Default today')
    .option('--timezone <name>', 'whose days are meant', 'UTC')
    .option('--csv', 'as CSV')
    .option('--json', 'as one JSON object')
    .action(async (party: string, { from, to, timezone, csv, json }: Options) => {
      const owner = ownerNamed(party);
      for (const day of [from, to]) {
        if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day)) {
          throw new CommandFailure([`${day} is no day such as 2026-11-01`]);
        }
      }
      if (!isTimezone(timezone)) throw new CommandFailure([`--timezone ${timezone} is no IANA time zone`]);
      const days = daysOf({ from, to, timezone }, Date.now());
      const statement = await withDeployment(terminal, ({ leads }) => makeStatement(leads, owner, days, MAX_ROWS));
      if (json)
        return terminal.print(JSON.stringify({ party, from: days.dates[0], to: days.dates.at(-1), ...statement }));
      if (csv) return terminal.print((await textOf(csvOf(statementColumns(owner.side), statement.rows))).trimEnd());
      for (const line of table(rowsOf(owner, statement))) terminal.print(line);
    });
}

function ownerNamed(party: string): Owner {
  if (party.startsWith('sel_')) return { side: 'seller', seller: party };
  if (party.startsWith('buy_')) return { side: 'buyer', buyer: party };
  throw new CommandFailure([`${party} is neither a seller (sel_…) nor a buyer (buy_…)`]);
}

function rowsOf({ side }: Owner, { opening, rows, totals }: Statement): string[][] {
  const figures: readonly string[] = LINE_OF[side];
  const cells = (line: object) => figures.map((name) => shown(name, (line as Record<string, number>)[name] ?? 0));
  const before = figures.map((name) => (name === 'balance' ? shown(name, opening) : ''));
  return [
    statementColumns(side),
    ['before', '', ...before],
    ...rows.map((row) => [row.day, row[PART_OF[side]] ?? '', ...cells(row)]),
    ['in all', '', ...cells(totals)],
  ];
}

function shown(name: string, figure: number): string {
  return name === 'sales' || name === 'returns' ? String(figure) : formatPrice(Math.round(figure * MICROS_PER_DOLLAR));
}
