import { Command, Option } from 'commander';
import { compileConfiguration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { requireIntegration } from '../../server/integrations/integration.ts';
import { searchLog, type LogPage, type LogSearch } from '../../server/integrations/logs.ts';
import { performanceOf, type OperationPerformance } from '../../server/integrations/performance.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { momentOf } from '../moment.ts';
import { rowLimit } from '../row-limit.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';
import { exchangeLines } from './exchange.ts';

const DAY_MS = 86_400_000;

interface Period {
  from?: string;
  to?: string;
  json?: boolean;
}

export function performanceCommand(terminal: Terminal): Command {
  return new Command('performance')
    .description('how its requests went: how many, their rates and times')
    .argument('<integration>', 'its id')
    .option('--from <time>', 'from this hour; default 24 hours before --to')
    .option('--to <time>', 'through this hour; default now')
    .option('--json', 'the same as JSON')
    .action(async (id: string, { from: first, to: last, json }: Period) => {
      const to = momentOf('--to', last) ?? new Date();
      const from = momentOf('--from', first) ?? new Date(to.getTime() - DAY_MS);
      if (from > to) throw new CommandFailure(['--from must be before --to']);
      const found = await withDeployment(terminal, async (deployment) => {
        await integrationOf(deployment, id);
        return performanceOf(deployment.leads.integrationHours, id, { from, to });
      });
      if (json) return terminal.print(JSON.stringify(found, undefined, 2));
      const head = ['operation', 'requests', 'success', 'rejected', 'errors', 'average', 'p95'];
      const rows = Object.entries({ ...found.operations, all: found.total }).map(performanceRow);
      for (const line of table([head, ...rows])) terminal.print(line);
    });
}

function performanceRow([operation, one]: [string, OperationPerformance]): string[] {
  const share = (rate: number | null) => (rate === null ? '' : `${(rate * 100).toFixed(1)} %`);
  const time = (ms: number | null) => (ms === null ? '' : `${ms} ms`);
  const rates = [one.successRate, one.rejectionRate, one.errorRate].map(share);
  return [operation, String(one.requests), ...rates, time(one.averageMs), time(one.p95Ms)];
}

interface LogOptions extends Period {
  outcome?: LogSearch['outcome'];
  transaction?: string;
  limit: string;
  showValues?: boolean;
}

export function logsCommand(terminal: Terminal): Command {
  return new Command('logs')
    .description('its single requests, those of the newest leads first')
    .argument('<integration>', 'its id')
    .option('--from <time>', 'of leads that came not before')
    .option('--to <time>', 'of leads that came before')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(['accepted', 'rejected', 'pending', 'error']))
    .option('--transaction <id>', 'of one lead')
    .option('--limit <n>', 'how many to show', '50')
    .option('--show-values', 'with the requests and the answers: personal values are in them')
    .option('--json', 'the same as JSON')
    .action(async (id: string, options: LogOptions) => {
      const { outcome, transaction: transactionId, json, showValues = false } = options;
      const limit = rowLimit(options.limit);
      const [from, to] = [momentOf('--from', options.from), momentOf('--to', options.to)];
      const { requests, before } = await withDeployment(terminal, async (deployment) =>
        pages(deployment, id, { from, to, outcome, transactionId, limit }),
      );
      const rows = requests.map(({ exchange, ...rest }) => ({
        at: new Date(exchange.startedAt).toISOString(),
        ...rest,
        ...(exchange.status === undefined ? {} : { status: exchange.status }),
        durationMs: exchange.durationMs,
        ...(showValues ? { exchange } : {}),
      }));
      if (json) return terminal.print(JSON.stringify(rows, undefined, 2));
      const cells = rows.map(
        ({ at, lead = '', ping = '', operation, reason = '', status = '', durationMs, ...row }) => [
          ...[at, lead || ping, operation, row.outcome, reason, String(status), `${Math.round(durationMs)} ms`],
          row.mode === 'test' ? 'sandbox' : '',
        ],
      );
      const lines = table(cells);
      for (const [at, { exchange }] of requests.entries()) {
        terminal.print(lines[at] ?? '');
        if (showValues) for (const line of ['', ...exchangeLines(exchange)]) terminal.print(line);
      }
      if (requests.length === 0) terminal.print('no request is recorded');
      if (before !== undefined) terminal.complain('There are more: raise --limit, or give --to');
    });
}

/** As many pages as it takes: one may be empty while there are more. */
async function pages(deployment: Deployment, id: string, search: LogSearch): Promise<LogPage> {
  const integration = await integrationOf(deployment, id);
  const found: LogPage = { requests: [] };
  let before: string | undefined;
  do {
    const page = await searchLog(deployment.leads, integration, { ...search, before });
    found.requests.push(...page.requests);
    before = page.before;
  } while (before !== undefined && found.requests.length < search.limit);
  return { ...found, ...(before === undefined ? {} : { before }) };
}

async function integrationOf({ store }: Deployment, id: string) {
  const current = await store.current();
  if (!current) throw new LeadwireError('no_configuration');
  const configuration = compileConfiguration(await store.snapshot(current.revision), current.revision);
  return requireIntegration({ current: () => configuration }, id).integration;
}
