import { Command, Option } from 'commander';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { POSTBACK_RECORD_STATES, type PostbackRecord, type PostbackRecordState } from '../../models/postback.ts';
import { searchPostbacks } from '../../models/postback-search.ts';
import { replayAll } from '../../models/replay.ts';
import { postbackShown } from '../../server/postbacks/shown.ts';
import { withDeployment } from '../deployment.ts';
import { momentOf } from '../moment.ts';
import { rowLimit } from '../row-limit.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';
import { testPostbackCommand } from './test-postback.ts';

interface ListOptions {
  state: PostbackRecordState;
  endpoint?: string;
  event?: string;
  campaign?: string;
  lead?: string;
  from?: string;
  to?: string;
  limit: string;
  json?: boolean;
}

interface ReplayOptions {
  allFailed?: boolean;
  endpoint?: string;
  from?: string;
  to?: string;
}

export function postbacksCommand(terminal: Terminal): Command {
  return new Command('postbacks')
    .description('what endpoints are told')
    .addCommand(listCommand(terminal))
    .addCommand(replayCommand(terminal))
    .addCommand(testPostbackCommand(terminal))
    .addCommand(enableCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('postbacks in a state, oldest first')
    .addOption(new Option('--state <state>').choices(POSTBACK_RECORD_STATES).default('failed'))
    .option('--endpoint <id>', 'only to this endpoint')
    .option('--event <id>', 'only of this event, or of what became of leads: sold')
    .option('--campaign <id>', 'only of this campaign')
    .option('--lead <id>', 'only about this transaction id')
    .option('--from <moment>', 'not made before this day or moment: 2026-11-01 or 2026-11-01T09:00:00Z')
    .option('--to <moment>', 'made before this day or moment')
    .option('--limit <n>', 'how many to show', '200')
    .option('--json', 'one JSON object a line, with payload, request and answer: personal values, too')
    .action(async ({ state, from, to, limit: text, json, ...filter }: ListOptions) => {
      const limit = rowLimit(text);
      const search = { ...filter, state, from: momentOf('--from', from), to: momentOf('--to', to) };
      const { records, next } = await withDeployment(terminal, ({ leads }) =>
        searchPostbacks(leads, { ...search, order: 'oldest', limit }),
      );
      if (json) for (const record of records) terminal.print(JSON.stringify(postbackShown(record)));
      else if (records.length === 0) terminal.print(`no postback is ${state}`);
      else for (const line of table([HEAD, ...records.map(row)])) terminal.print(line);
      if (next) terminal.complain(`There are more than ${limit}: raise --limit to see them`);
    });
}

const HEAD = ['postback', 'type', 'state', 'reason', 'code', 'attempts', 'since', 'next attempt', ''];

function replayCommand(terminal: Terminal): Command {
  return new Command('replay')
    .description('try failed postbacks anew, with the ids they had')
    .argument('[postback]', 'id of one, as the list shows it')
    .option('--all-failed', 'every one that failed')
    .option('--endpoint <id>', 'of those that failed, the ones to this endpoint')
    .option('--from <moment>', 'not made before this day or moment: 2026-11-01 or 2026-11-01T09:00:00Z')
    .option('--to <moment>', 'made before this day or moment')
    .action(async (id: string | undefined, { allFailed = false, endpoint, from, to }: ReplayOptions) => {
      const several = allFailed || endpoint !== undefined || from !== undefined || to !== undefined;
      if ((id === undefined) !== several) {
        throw new CommandFailure(['Name one postback, or --all-failed, --endpoint, --from or --to']);
      }
      const search = { id, endpoint, from: momentOf('--from', from), to: momentOf('--to', to) };
      const count = await withDeployment(terminal, ({ leads }) => replayAll(leads, search));
      if (count === 0 && id !== undefined) {
        throw new LeadwireError('unknown_delivery', { message: `No failed postback has the id ${id}` });
      }
      terminal.print(
        `${count} ${count === 1 ? 'postback goes' : 'postbacks go'} out again within seconds of a node running`,
      );
    });
}

function enableCommand(terminal: Terminal): Command {
  return new Command('enable')
    .description('switch an endpoint on again that was gone or failed for days')
    .argument('<endpoint>', 'its id, as the list shows it')
    .action(async (id: string) => {
      const { deletedCount } = await withDeployment(terminal, ({ leads }) => leads.endpoints.deleteOne({ _id: id }));
      terminal.print(
        deletedCount === 0 ? `${id} was not off` : `${id} is on again; what failed meanwhile can be replayed`,
      );
    });
}

function row({ _id, type, state, reason = '', status, attempts, changedAt, nextAt, mode }: PostbackRecord): string[] {
  const next = nextAt?.toISOString() ?? '';
  const sandbox = mode === 'test' ? 'sandbox' : '';
  return [_id, type, state, reason, String(status ?? ''), String(attempts), changedAt.toISOString(), next, sandbox];
}
