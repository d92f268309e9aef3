import { Command } from 'commander';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import { searchAsks } from '../../server/listings/search.ts';
import { withDeployment } from '../deployment.ts';
import { rowLimit } from '../row-limit.ts';
import { table, type Terminal } from '../terminal.ts';

interface LogOptions {
  campaign?: string;
  listing?: string;
  lead?: string;
  empty?: boolean;
  limit: string;
  json?: boolean;
}

export function listingsCommand(terminal: Terminal): Command {
  return new Command('listings')
    .description('offers of click networks, and why a page showed none')
    .addCommand(logCommand(terminal));
}

function logCommand(terminal: Terminal): Command {
  return new Command('log')
    .description('what click networks were asked, the newest first, and why some offered nothing')
    .option('--campaign <cid>', 'only this campaign')
    .option('--listing <integration>', 'only where this listing was to be asked')
    .option('--lead <transaction>', 'only for this lead or visit')
    .option('--empty', 'only where it, or one of them, offered nothing')
    .option('--limit <rows>', 'rows at most', '20')
    .option('--json', 'one JSON object for each, with requests and answers')
    .action(async ({ limit, json, ...wanted }: LogOptions) => {
      const search = { ...wanted, limit: rowLimit(limit) };
      const { records } = await withDeployment(terminal, ({ leads }) => searchAsks(leads, search));
      if (json) for (const record of records) terminal.print(JSON.stringify(record));
      else for (const line of table([LOG_HEADS, ...records.flatMap(linesOf)])) terminal.print(line);
    });
}

const LOG_HEADS = ['at', 'campaign', 'page', 'lead', 'listing', 'result', 'offers', 'ms'];

function linesOf({ at, campaign, page, lead, asked }: ListingAskRecord): string[][] {
  return asked.map(({ listing, result, offers, dropped = [], durationMs }) => {
    const lost = dropped.map((fault) => `${fault.offers} ${fault.reason}`).join(', ');
    return [
      ...[at.toISOString(), campaign, page, lead ?? '', listing],
      lost === '' ? result : `${result} (${lost})`,
      String(offers),
      durationMs === undefined ? '' : String(Math.round(durationMs)),
    ];
  });
}
