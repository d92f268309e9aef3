import { Command, Option } from 'commander';
import { AUDITED, type Audited, type AuditEntry } from '../../models/audit.ts';
import { withDeployment } from '../deployment.ts';
import { momentOf } from '../moment.ts';
import { rowLimit } from '../row-limit.ts';
import { table, type Terminal } from '../terminal.ts';

interface Options {
  what?: Audited;
  who?: string;
  id?: string;
  from?: string;
  to?: string;
  limit: string;
  json?: boolean;
}

export function auditCommand(terminal: Terminal): Command {
  return new Command('audit')
    .description('who changed what, the newest first')
    .addOption(new Option('--what <kind>', 'only changes of these').choices(AUDITED))
    .option('--who <name>', 'only changes by cli:<user>, key:<start of the key> …')
    .option('--id <id>', 'only changes of the object with this id')
    .option('--from <time>', 'not before')
    .option('--to <time>', 'before')
    .option('--limit <n>', 'how many to show', '200')
    .option('--json', 'the entries themselves')
    .action(async ({ limit, json, ...options }: Options) => {
      const most = rowLimit(limit);
      const filter = filterOf(options);
      const found = await withDeployment(terminal, ({ audit }) =>
        audit
          .find(filter)
          .sort({ at: -1, _id: -1 })
          .limit(most + 1)
          .lean<AuditEntry[]>(),
      );
      const shown = found.slice(0, most);
      if (json) return terminal.print(JSON.stringify(shown, undefined, 2));
      for (const line of table(shown.flatMap(rows))) terminal.print(line);
      if (found.length > most) terminal.complain(`There are more than ${most}: raise --limit to see them`);
    });
}

function filterOf({ what, who, id, from, to }: Omit<Options, 'limit' | 'json'>) {
  const [first, end] = [momentOf('--from', from), momentOf('--to', to)];
  const at = { ...(first ? { $gte: first } : {}), ...(end ? { $lt: end } : {}) };
  return {
    ...(what === undefined ? {} : { what }),
    ...(who === undefined ? {} : { who }),
    ...(id === undefined ? {} : { 'changes.id': id }),
    ...(Object.keys(at).length > 0 ? { at } : {}),
  };
}

function rows({ at, who, what, changes, details = {}, revision }: AuditEntry): string[][] {
  const more = [
    ...(revision === undefined ? [] : [`configuration ${revision}`]),
    ...Object.entries(details).map(([name, value]) => `${name} ${value}`),
  ].join(', ');
  return changes.map(({ kind, collection, id }) => [at.toISOString(), who, what, kind, `${collection} ${id}`, more]);
}
