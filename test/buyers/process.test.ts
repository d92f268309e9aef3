import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import { get } from './client.ts';

const main = new URL('../../dev/buyers/main.ts', import.meta.url).pathname;

async function start(...options: string[]): Promise<{ child: ChildProcessWithoutNullStreams; url: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--port', '0', ...options]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: (JSON.parse(line.toString()) as { url: string }).url };
}

describe('simulated buyers: a process of their own', () => {
  it('ends on SIGTERM, hanging connections and all', async () => {
    const { child, url } = await start();
    await fetch(`${url}/control/buyers/one`, { method: 'PUT', body: JSON.stringify({ ping: { mode: 'hang' } }) });
    const hanging = assert.rejects(get(`${url}/acme/one/ping?ref=txn_1`));
    while ((await get(`${url}/control/log`)).text === '[]');
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await hanging;
    assert.deepEqual(await exit, [0, null]);
  });

  it('ends with its parent, and says in one plain line that a port is taken', async () => {
    const { child, url } = await start('--with-parent');
    const second = spawn(process.execPath, ['--import', 'tsx', main, '--port', new URL(url).port]);
    const failure = once(second, 'exit');
    const [message] = (await once(second.stderr, 'data')) as [Buffer];
    assert.match(message.toString(), /^The simulated buyers could not start: .*EADDRINUSE.*\n$/);
    assert.deepEqual(await failure, [1, null]);
    const exit = once(child, 'exit');
    child.stdin.end();
    assert.deepEqual(await exit, [0, null]);
  });
});
