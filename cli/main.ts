import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { runCli } from './program.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  variables: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  async readInput(hint) {
    if (process.stdin.isTTY) process.stderr.write(`${hint}, then Ctrl-D:\n`);
    return text(process.stdin);
  },
  ...(process.stdin.isTTY ? { ask } : {}),
});

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
