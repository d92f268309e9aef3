import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The script of the process that connectors' code runs in, with that of its threads. */
export async function codeProgram(): Promise<string> {
  const thread = await scriptOf('thread.ts', {});
  return scriptOf('host.ts', { THREAD_SCRIPT: JSON.stringify(thread) });
}

async function scriptOf(file: string, define: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'silent',
    define,
  });
  return outputFiles[0]?.text ?? '';
}
