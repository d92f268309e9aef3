import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

export function nodeCommand(terminal: Terminal): Command {
  return new Command('node')
    .description('run a production node until it is told to stop; MONGODB_URI and TEMPORAL_ADDRESS name the servers')
    .action(async () => {
      // Loaded here: the other commands need nothing of Temporal and start without it in half the time.
      const { runNode } = await import('../../server/run-node.ts');
      await runNode(terminal.variables);
    });
}
