/**
 * The simulated buyers as a process of their own:
 * `node --import tsx dev/buyers/main.ts --port 4100 --log buyers.jsonl [--host 127.0.0.1] [--with-parent]`.
 * Prints `{"url":…}` when it listens. Ends on SIGTERM and SIGINT and, with `--with-parent`, when stdin closes.
 */
import { parseArgs } from 'node:util';
import { startBuyers } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    log: { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});

try {
  const buyers = await startBuyers({ port: Number(values.port), host: values.host, logFile: values.log });
  process.stdout.write(`${JSON.stringify({ url: buyers.url })}\n`);

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void buyers.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (values['with-parent']) process.stdin.on('close', stop).resume();
} catch (error) {
  process.stderr.write(
    `The simulated buyers could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
