import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { withDeployment } from '../deployment.ts';
import type { Terminal } from '../terminal.ts';

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description('write the configuration as a file that apply reads')
    .option('--output <file>', 'write there instead of to standard output; JSON when it ends in .json')
    .action(async ({ output }: { output?: string }) => {
      const file = await withDeployment(terminal, ({ store }) => store.export());
      const text = output?.endsWith('.json')
        ? `${JSON.stringify(file, undefined, 2)}\n`
        : stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
      if (output === undefined) return terminal.print(text.trimEnd());
      await writeFile(output, text);
      terminal.print(`Wrote revision ${file.revision} to ${output}`);
    });
}
