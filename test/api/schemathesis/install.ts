import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../../../dev/servers/executable.ts';
import { fillFolder, runFetch } from '../../../dev/servers/fetching.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const TIMEOUT_MS = 300_000;

export interface Schemathesis {
  python: string;
  /** Where its packages are. */
  folder: string;
}

/** Schemathesis in the pinned versions, fetched from PyPI into `.leadwire/` the first time. */
export async function installSchemathesis(): Promise<Schemathesis> {
  const python = await findOnPath(process.env, 'python3', 'python');
  if (python === undefined) throw new Error('Python 3 with pip is needed to run schemathesis');
  const version = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 12);
  const fetchDir = join(ROOT, '.leadwire');
  const folder = join(fetchDir, 'schemathesis', version);
  if (existsSync(folder)) return { python, folder };
  const setting = {
    dataDir: fetchDir,
    fetchDir,
    env: process.env,
    log: (line: string) => console.log(line),
    signal: new AbortController().signal,
  };
  await fillFolder(folder, async (temporary) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--disable-pip-version-check'];
    const command: [string, ...string[]] = [python, ...pip, '--target', temporary, '--requirement', REQUIREMENTS];
    const fetched = await runFetch(setting, 'Fetching schemathesis (68 MB) from PyPI', command, TIMEOUT_MS);
    if (!fetched.ok) throw new Error(`Fetching schemathesis failed: ${fetched.reason}`);
  });
  return { python, folder };
}
