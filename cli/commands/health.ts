import { Command } from 'commander';
import { bringBack } from '../../activities/health.ts';
import { recordChange } from '../../config/audit.ts';
import type { HealthRecord } from '../../models/health.ts';
import { native } from '../../models/native.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  reset?: string;
  by?: string;
}

const STATES = { closed: 'in', open: 'out', half_open: 'being tried' } as const;

export function healthCommand(terminal: Terminal): Command {
  return new Command('health')
    .description('integrations that were left out because they failed; those never named are well')
    .option('--reset <integration>', 'let one in again at once')
    .option('--by <name>', 'who resets it, for the audit log')
    .action(async ({ reset, by }: Options) => {
      if (reset !== undefined && by === undefined) throw new CommandFailure(['--reset needs --by, for the audit log']);
      await withDeployment(terminal, async (deployment) => {
        if (reset !== undefined) terminal.print(await letIn(deployment, reset, by ?? ''));
        else for (const line of await lines(deployment)) terminal.print(line);
      });
    });
}

async function letIn({ leads, audit, author }: Deployment, id: string, by: string): Promise<string> {
  const at = new Date();
  if (!(await bringBack(native<HealthRecord>(leads.health), id, at))) return `${id} was not out`;
  await recordChange(audit, { at, who: `${by} (${author})`, what: 'health', kind: 'reset', id });
  return `${id} gets leads again within a second`;
}

async function lines({ leads }: Deployment): Promise<string[]> {
  const found = await leads.health.find().sort({ _id: 1 }).lean();
  if (found.length === 0) return ['no integration was ever left out'];
  return table([['integration', 'state', 'since', 'not before', 'because'], ...found.map(row)]);
}

function row({ _id, state, since, until, kind, requests, failures }: HealthRecord): string[] {
  const what = kind === 'post' ? 'posts' : 'requests';
  const why = `${failures} of ${requests} ${what} failed`;
  const notBefore = state === 'closed' ? '' : until.toISOString();
  return [_id, STATES[state], since.toISOString(), notBefore, state === 'closed' ? `was out: ${why}` : why];
}
