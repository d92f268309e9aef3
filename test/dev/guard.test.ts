import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runs, until } from './stack-for-tests.ts';

describe('a server that swallows the signal to end', () => {
  it('is ended all the same when Leadwire is gone', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'leadwire-guard-'));
    const main = `
      import { startServer } from '${new URL('../../dev/servers/process.ts', import.meta.url).href}';
      const setting = { dataDir: '${dataDir}', fetchDir: '', env: process.env, log() {}, signal: new AbortController().signal };
      const deaf = { file: '/bin/sh', args: ['-c', 'trap "" TERM; exec sleep 50'] };
      const { pid } = await startServer(setting, { ...deaf, name: 'deaf', title: 'It', ready: async () => true });
      console.log(pid);
      process.kill(process.pid, 'SIGKILL');`;
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', main]);
    const { stdout, signal } = (await run.catch((error: unknown) => error)) as { stdout: string; signal: string };
    assert.equal(signal, 'SIGKILL');
    const pid = Number(stdout);
    assert.ok(pid > 1 && runs(pid), 'it outlives the first signal');
    await until(() => !runs(pid), 30_000);
    await rm(dataDir, { recursive: true });
  });
});
