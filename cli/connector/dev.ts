import { Command } from 'commander';
import { readEnvironment } from '../../config/environment.ts';
import { createOutbound } from '../../http/outbound.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';
import { startBench } from './bench-server.ts';
import { connectorFolder } from './folder.ts';

export function devCommand(terminal: Terminal): Command {
  return new Command('dev')
    .description('a page that shows what a connector sends and understands, while you write it')
    .argument('[folder]', 'of the connector; default here', '.')
    .option('--port <port>', 'on 127.0.0.1; default any that is free', '0')
    .action(async (path: string, { port }: { port: string }) => {
      if (!/^\d{1,5}$/.test(port)) throw new CommandFailure([`${port} is no port`]);
      const outbound = createOutbound({ allowNetworks: readEnvironment(terminal.variables).allowNetworks });
      const bench = await startBench(connectorFolder(path), { outbound, port: Number(port) });
      terminal.print(`${bench.url} shows ${path}; Ctrl-C ends it`);
      await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
      await bench.stop();
      await outbound.close();
    });
}
