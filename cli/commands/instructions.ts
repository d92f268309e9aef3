import { Command } from 'commander';
import { readEnvironment } from '../../config/environment.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

export function instructionsCommand(terminal: Terminal): Command {
  return new Command('instructions')
    .description('posting instructions of sources')
    .addCommand(urlCommand(terminal))
    .addCommand(revokeCommand(terminal));
}

function urlCommand(terminal: Terminal): Command {
  return new Command('url')
    .description('the address to give to a seller; who has it may read, nobody may post with it')
    .requiredOption('--source <id>', 'source whose leads it tells how to post')
    .option('--rotate', 'give it a new address; the one before ends at once')
    .action(async ({ source, rotate }: { source: string; rotate?: true }) => {
      const { publicUrl } = readEnvironment(terminal.variables);
      const token = await withDeployment(terminal, async ({ store, links, author, ensureIndexes }) => {
        const known = (await store.current())?.file.sources ?? [];
        if (!known.some(({ id }) => id === source)) throw new CommandFailure([`No source has the id ${source}`]);
        await ensureIndexes();
        return rotate ? links.rotate(source, author) : links.tokenOf(source, author);
      });
      terminal.print(`${publicUrl}/docs/posting/${token}`);
    });
}

function revokeCommand(terminal: Terminal): Command {
  return new Command('revoke')
    .description('end the address; url makes a new one')
    .requiredOption('--source <id>', 'source whose address ends')
    .action(async ({ source }: { source: string }) => {
      const revoked = await withDeployment(terminal, ({ links, author }) => links.revoke(source, author));
      if (!revoked) throw new CommandFailure([`${source} has no posting instructions that anybody could read`]);
      terminal.print(`the posting instructions of ${source} have no address any more`);
    });
}
