import { Command } from 'commander';
import type { EventRecord } from '../../models/event.ts';
import { formatPrice } from '../../rules/money.ts';
import { eventShown, postbacksOf, searchEvents, type EventPostbackRecord } from '../../server/events/log.ts';
import { withDeployment } from '../deployment.ts';
import { momentOf } from '../moment.ts';
import { rowLimit } from '../row-limit.ts';
import { table, type Terminal } from '../terminal.ts';

interface Options {
  event?: string;
  campaign?: string;
  lead?: string;
  from?: string;
  to?: string;
  limit: string;
  json?: boolean;
}

export function eventsCommand(terminal: Terminal): Command {
  return new Command('events')
    .description('what happened after leads, the newest first')
    .option('--event <id>', 'only this event')
    .option('--campaign <id>', 'only of this campaign')
    .option('--lead <id>', 'only of this transaction id')
    .option('--from <moment>', 'not before this day or moment: 2026-11-01 or 2026-11-01T09:00:00Z')
    .option('--to <moment>', 'before this day or moment')
    .option('--limit <n>', 'how many to show', '50')
    .option('--json', 'one JSON object a line, with everything that was sent: personal values, too')
    .action(async ({ from, to, limit, json, ...filters }: Options) => {
      const most = rowLimit(limit);
      const range = { from: momentOf('--from', from), to: momentOf('--to', to) };
      const { records, cursor, told } = await withDeployment(terminal, async ({ leads }) => {
        const page = await searchEvents(leads, { ...filters, ...range, limit: most });
        return { ...page, told: await postbacksOf(leads, page.records) };
      });
      if (json) for (const record of records) terminal.print(JSON.stringify(eventShown(record, told.get(record._id))));
      else if (records.length === 0) terminal.print('no event');
      else
        for (const line of table([HEAD, ...records.map((record) => row(record, told.get(record._id)))]))
          terminal.print(line);
      if (cursor !== undefined) terminal.complain(`There are more than ${most}: raise --limit to see them`);
    });
}

const HEAD = ['at', 'event', 'transaction', 'campaign', 'source', 'revenue', 'by', 'told', ''];

function row(
  { at, event, lead, campaign, source, revenue, verified, origin, by, mode }: EventRecord,
  postbacks: readonly EventPostbackRecord[] = [],
): string[] {
  const told = postbacks.map(
    ({ endpoint, state, status }) => `${endpoint} ${state}${status === undefined ? '' : ` ${status}`}`,
  );
  const money = revenue === undefined ? '' : `${formatPrice(revenue)}${verified ? '' : ' unverified'}`;
  const sandbox = mode === 'test' ? 'sandbox' : '';
  return [at.toISOString(), event, lead, campaign, source, money, by ?? origin, told.join(', '), sandbox];
}
