import { Command } from 'commander';
import { credentialsOf } from '../../config/connectors/credentials.ts';
import type { Applied } from '../../config/store.ts';
import { readConfigurationFile, updateRevision } from '../configuration-file.ts';
import { withDeployment } from '../deployment.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { issueLine, type Terminal } from '../terminal.ts';

interface Options {
  force?: boolean;
  prune?: boolean;
  dryRun?: boolean;
}

export function applyCommand(terminal: Terminal): Command {
  return new Command('apply')
    .description('create and update campaigns, sources, buyers, integrations and rules from a file')
    .argument('<file>', 'YAML or JSON')
    .option('--force', 'overwrite what was edited since the file was made')
    .option('--prune', 'delete what the file does not name')
    .option('--dry-run', 'only say what would change')
    .action(async (path: string, options: Options) => {
      const file = await readConfigurationFile(path);
      await withDeployment(terminal, async (deployment) => {
        const applied = await deployment.store.apply(file.input, { ...options, by: deployment.author });
        report(terminal, applied, options);
        if (options.dryRun) return;
        if (await updateRevision(file, applied.revision))
          terminal.print(`${path} now says revision ${applied.revision}`);
        const current = await deployment.store.snapshot(applied.revision);
        const wanted = (current.integrations ?? []).map((integration) => {
          return { id: integration.id, names: credentialsOf(current, integration).required };
        });
        for (const line of await missingSecrets(deployment.secrets, wanted)) terminal.complain(line);
      });
    });
}

function report(terminal: Terminal, { revision, changes, warnings }: Applied, { dryRun }: Options) {
  for (const warning of warnings) terminal.complain(issueLine(warning));
  const changed = changes.filter(({ kind }) => kind !== 'unchanged');
  for (const { kind, collection, id } of changed) terminal.print(`${kind} ${collection} ${id}`);
  const same = changes.length - changed.length;
  if (changed.length === 0) terminal.print(`nothing ${dryRun ? 'would change' : 'changed'}: revision ${revision}`);
  else terminal.print(`${dryRun ? 'nothing written: still at' : 'now at'} revision ${revision}, ${same} unchanged`);
}
