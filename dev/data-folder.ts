import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The folder in which `npm start` keeps what it makes once: readable by its owner only. */
export function createDataFolder(path: string) {
  async function remember(name: string, value: string): Promise<void> {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${value}\n`, { mode: 0o600 });
  }
  return {
    path,
    remember,
    /** A value that is made the first time and kept. */
    async remembered(name: string, make: () => string | Promise<string>): Promise<string> {
      try {
        return (await readFile(join(path, name), 'utf8')).trim();
      } catch {
        const value = await make();
        await remember(name, value);
        return value;
      }
    },
  };
}
export type DataFolder = ReturnType<typeof createDataFolder>;
