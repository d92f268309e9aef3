import { Command, Option } from 'commander';
import { recordChange } from '../../config/audit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { FOLLOW_UP_STATES, type FollowUpRecord, type FollowUpState } from '../../models/follow-up.ts';
import { replayAllFollowUps, searchFollowUps } from '../../models/follow-up-search.ts';
import { FOLLOW_UP_OPERATIONS, followUpShown } from '../../server/follow-ups/shown.ts';
import { withDeployment } from '../deployment.ts';
import { momentOf } from '../moment.ts';
import { rowLimit } from '../row-limit.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Range {
  integration?: string;
  operation?: (typeof FOLLOW_UP_OPERATIONS)[number];
  from?: string;
  to?: string;
}

interface ListOptions extends Range {
  failed?: boolean;
  state?: FollowUpState;
  campaign?: string;
  lead?: string;
  limit: string;
  json?: boolean;
}

export function followUpsCommand(terminal: Terminal): Command {
  const command = ranged(new Command('follow-ups'))
    .description('what CRMs, dialers and others were sent after the outcome or told later, oldest first')
    .option('--failed', 'those that were given up')
    .addOption(new Option('--state <state>', 'those in a state; default all').choices(FOLLOW_UP_STATES))
    .option('--campaign <id>', 'only of this campaign')
    .option('--lead <id>', 'only about this transaction id')
    .option('--limit <n>', 'how many to show', '200')
    .option('--json', 'one JSON object a line, with the last request and answer: personal values, too')
    .action(
      async ({
        failed,
        state = failed ? 'failed' : undefined,
        from,
        to,
        limit: text,
        json,
        ...filter
      }: ListOptions) => {
        const limit = rowLimit(text);
        const search = { ...filter, state, from: momentOf('--from', from), to: momentOf('--to', to) };
        const { records, next } = await withDeployment(terminal, ({ leads }) =>
          searchFollowUps(leads, { ...search, order: 'oldest', limit }),
        );
        if (json) for (const record of records) terminal.print(JSON.stringify(followUpShown(record)));
        else if (records.length === 0) terminal.print(state ? `no follow-up is ${state}` : 'there is no follow-up');
        else for (const line of table([HEAD, ...records.map(row)])) terminal.print(line);
        if (next) terminal.complain(`There are more than ${limit}: raise --limit to see them`);
      },
    );
  return command.addCommand(replayCommand(terminal));
}

const HEAD = ['follow-up', 'operation', 'state', 'reason', 'code', 'attempts', 'since', 'next attempt', ''];

function replayCommand(terminal: Terminal): Command {
  return ranged(new Command('replay'))
    .description('try failed follow-ups anew, with the ids they had')
    .argument('[follow-up]', 'id of one, as the list shows it')
    .option('--all-failed', 'every one that failed')
    .action(
      async (id: string | undefined, { allFailed = false, from, to, ...filter }: Range & { allFailed?: boolean }) => {
        const several = allFailed || [from, to, ...Object.values(filter)].some((value) => value !== undefined);
        if ((id === undefined) !== several) {
          throw new CommandFailure(['Name one follow-up, or --all-failed, --integration, --operation, --from or --to']);
        }
        const search = { id, ...filter, from: momentOf('--from', from), to: momentOf('--to', to) };
        const count = await withDeployment(terminal, async ({ leads, audit, author }) => {
          const replayed = await replayAllFollowUps(leads, search);
          if (replayed === 0) return replayed;
          const what = { what: 'follow_up', kind: 'replayed', id: id ?? filter.integration ?? 'all_failed' } as const;
          await recordChange(audit, { at: new Date(), who: author, ...what, details: { count: String(replayed) } });
          return replayed;
        });
        if (count === 0 && id !== undefined) {
          throw new LeadwireError('follow_up_not_found', { message: `No failed follow-up has the id ${id}` });
        }
        terminal.print(
          `${count} ${count === 1 ? 'follow-up goes' : 'follow-ups go'} out again within seconds of a node running`,
        );
      },
    );
}

function ranged(command: Command): Command {
  return command
    .option('--integration <id>', 'only to this integration')
    .addOption(new Option('--operation <name>', 'deliver: after an outcome or event').choices(FOLLOW_UP_OPERATIONS))
    .option('--from <moment>', 'not made before this day or moment: 2026-11-01 or 2026-11-01T09:00:00Z')
    .option('--to <moment>', 'made before this day or moment');
}

function row(record: FollowUpRecord): string[] {
  const { _id, operation = 'deliver', state, reason = '', status, attempts, changedAt, nextAt, mode } = record;
  const next = nextAt?.toISOString() ?? '';
  const sandbox = mode === 'test' ? 'sandbox' : '';
  return [
    _id,
    operation,
    state,
    reason,
    String(status ?? ''),
    String(attempts),
    changedAt.toISOString(),
    next,
    sandbox,
  ];
}
