import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** The pages people read, by their path from the root. */
export function pageNames(): string[] {
  const docs = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'CONTRIBUTING.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

export function pageUrl(name: string): URL {
  return new URL(name, root);
}

export function readPage(name: string): string {
  return readFileSync(pageUrl(name), 'utf8');
}
