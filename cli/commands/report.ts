import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import { formatPrice, MICROS_PER_DOLLAR } from '../../rules/money.ts';
import { DIMENSIONS_OF, type Dimension } from '../../rules/report/dimensions.ts';
import { FIGURES_OF } from '../../rules/report/figures.ts';
import { isTimezone } from '../../rules/zone-clock.ts';
import { csvOf } from '../../server/api/csv-file.ts';
import { makeReport, type Report, type ReportRow } from '../../server/reports/report.ts';
import { daysOf } from '../../server/reports/request.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface ReportOptions {
  by: string;
  from?: string;
  to?: string;
  timezone: string;
  campaign?: string;
  buyer?: string;
  outcome?: string;
  listing?: string;
  network?: string;
  source?: string;
  csv?: boolean;
  json?: boolean;
}

/** Rows of the longest report. */
const MAX_ROWS = 100_000;
const FIGURES = FIGURES_OF.operator;
const MONEY: ReadonlySet<string> = new Set([
  'revenue',
  'payout',
  'margin',
  'recoveredRevenue',
  'listingRevenue',
  'listingPayout',
]);

/** `leadwire report`: the exchange's own figures, as `GET /api/report` gives them to an operator's key. */
export function reportCommand(terminal: Terminal): Command {
  return new Command('report')
    .description(
      'what came in and was sold, what buyers and click networks owe, what sellers get of it, and what is kept',
    )
    .option('--by <dimensions>', [...DIMENSIONS_OF.operator].join(', '), 'day')
    .option('--from <day>', 'first day: 2026-11-01. Default six days before the last one')
    .option('--to <day>', 'last day. Default today')
    .option('--timezone <name>', 'whose days are meant', 'UTC')
    .option('--campaign <cid>', 'only this campaign')
    .option('--buyer <buyer>', 'only this buyer')
    .option('--outcome <outcome>', 'only leads that ended so')
    .option('--listing <integration>', 'only this listing')
    .option('--network <connector>', 'only listings on this connector')
    .option('--source <source>', 'only this source')
    .option('--csv', 'as CSV')
    .option('--json', 'as one JSON object')
    .action(async ({ by, from, to, timezone, csv, json, ...narrowed }: ReportOptions) => {
      const dimensions = [...new Set(by.split(','))].map(dimensionNamed);
      for (const day of [from, to]) {
        if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day)) {
          throw new CommandFailure([`${day} is no day such as 2026-11-01`]);
        }
      }
      if (!isTimezone(timezone)) throw new CommandFailure([`--timezone ${timezone} is no IANA time zone`]);
      const days = daysOf({ from, to, timezone }, Date.now());
      const request = { owner: { side: 'operator' } as const, days, dimensions, filters: narrowed };
      const report = await withDeployment(terminal, ({ leads }) => makeReport(leads, request, MAX_ROWS));
      if (json) {
        return terminal.print(JSON.stringify({ from: days.dates[0], to: days.dates.at(-1), timezone, ...report }));
      }
      if (csv) return terminal.print((await textOf(csvOf([...dimensions, ...FIGURES], report.rows))).trimEnd());
      for (const line of table(rowsOf(dimensions, report))) terminal.print(line);
    });
}

function dimensionNamed(name: string): Dimension {
  const found = [...DIMENSIONS_OF.operator].find((dimension) => dimension === name);
  if (!found) throw new CommandFailure([`--by ${name} is none of ${[...DIMENSIONS_OF.operator].join(', ')}`]);
  return found;
}

function rowsOf(dimensions: readonly Dimension[], { rows, totals }: Report): string[][] {
  const cells = (row: object) =>
    FIGURES.map((name) => {
      const figure = (row as Record<string, number>)[name] ?? 0;
      return MONEY.has(name) ? formatPrice(Math.round(figure * MICROS_PER_DOLLAR)) : String(figure);
    });
  const names = (row: ReportRow) => dimensions.map((dimension) => String(row[dimension] ?? ''));
  const blank = dimensions.map((_, index) => (index === 0 ? 'in all' : ''));
  return [
    [...dimensions, ...FIGURES],
    ...rows.map((row) => [...names(row), ...cells(row)]),
    [...blank, ...cells(totals)],
  ];
}
