import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Scripts for sellers' pages, by the name they are served under. */
const ENTRIES = { 'sdk.js': 'sdk.ts', 'form.js': 'form.ts' } as const;
export type ScriptName = keyof typeof ENTRIES;

export interface BrowserScript {
  text: string;
  etag: string;
}
export type BrowserScripts = Readonly<Record<ScriptName, BrowserScript>>;

/** Makes the scripts for sellers' pages out of `web/sdk/`, small enough to load before anything else does. */
export async function buildBrowserScripts(): Promise<BrowserScripts> {
  const made = Object.entries(ENTRIES).map(async ([name, file]): Promise<[string, BrowserScript]> => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../../web/sdk/${file}`, import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      target: 'es2020',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
    });
    const text = outputFiles[0]?.text ?? '';
    return [name, { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }];
  });
  return Object.fromEntries(await Promise.all(made)) as BrowserScripts;
}
