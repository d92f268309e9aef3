import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PATIENCE_MS = 40_000;

export interface ReadSample {
  kind: string;
  language: string;
  code: string;
}

/** The samples on a page, as somebody copies them from it. */
export function samplesOn(page: string): ReadSample[] {
  const found = page.matchAll(
    /<pre[^>]*data-sample="([^"]*)"[^>]*data-language="([^"]*)"[^>]*><code>([\s\S]*?)<\/code>/g,
  );
  return [...found].map(([, kind = '', language = '', code = '']) => ({ kind, language, code: textOf(code) }));
}

/** Markup without tags, as text. */
export function textOf(markup: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return markup.replace(/<[^>]*>/g, '').replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? '');
}

/** Runs a sample as its language is run, and reads each line it prints as an answer. */
export async function runSample({ language, code }: ReadSample): Promise<Record<string, unknown>[]> {
  const folder = await mkdtemp(join(tmpdir(), 'leadwire-sample-'));
  try {
    const file = join(folder, language === 'javascript' ? 'post.mjs' : 'post');
    await writeFile(file, code);
    const command = { curl: 'sh', javascript: process.execPath, python: 'python3' }[language];
    if (command === undefined) throw new Error(`nothing here runs ${language}`);
    const { stdout } = await run(command, [file], { timeout: PATIENCE_MS });
    const lines = stdout.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
