import { Command, Option } from 'commander';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { POSTBACK_RECORD_STATES, type PostbackRecord, type PostbackRecordState } from '../../models/postback.ts';
import { replayPostbacks } from '../../models/replay.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface ListOptions {
  state: PostbackRecordState;
  limit: string;
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
    .addCommand(enableCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('postbacks in a state, oldest first')
    .addOption(new Option('--state <state>').choices(POSTBACK_RECORD_STATES).default('failed'))
    .option('--limit <n>', 'how many to show', '200')
    .action(async ({ state, limit }: ListOptions) => {
      const most = Number(limit);
      if (!Number.isInteger(most) || most < 1) throw new CommandFailure([`--limit ${limit} is no number of rows`]);
      const found = await withDeployment(terminal, ({ leads }) =>
        leads.postbacks
          .find({ state }, { payload: 0, exchanges: 0 })
          .sort({ changedAt: 1 })
          .limit(most + 1)
          .lean<PostbackRecord[]>(),
      );
      if (found.length === 0) return terminal.print(`no postback is ${state}`);
      const head = ['postback', 'type', 'state', 'reason', 'attempts', 'since', 'next attempt', ''];
      for (const line of table([head, ...found.slice(0, most).map(row)])) terminal.print(line);
      if (found.length > most) terminal.complain(`There are more than ${most}: raise --limit to see them`);
    });
}

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
      const count = await withDeployment(terminal, ({ leads }) => replayPostbacks(leads, search));
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

function momentOf(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(moment.getTime())) throw new CommandFailure([`${option} ${text} is no moment such as 2026-11-01`]);
  return moment;
}

function row({ _id, type, state, reason = '', attempts, changedAt, nextAt, mode }: PostbackRecord): string[] {
  const next = nextAt?.toISOString() ?? '';
  return [_id, type, state, reason, String(attempts), changedAt.toISOString(), next, mode === 'test' ? 'sandbox' : ''];
}
