import { writeFile } from 'node:fs/promises';
import { publishedPages } from './published.ts';

for (const [path, content] of Object.entries(publishedPages())) {
  await writeFile(new URL(`../${path}`, import.meta.url), content);
  process.stdout.write(`Wrote ${path}\n`);
}
