import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findOnPath } from '../../dev/servers/executable.ts';
import { StackError } from '../../dev/servers/stack.ts';
import { createTestStacks, type TestStacks } from './stack-for-tests.ts';

const MONGODB_URI = 'mongodb://127.0.0.1:1/elsewhere';
const TEMPORAL_ADDRESS = '127.0.0.1:1';

describe('what keeps the embedded servers from starting is said in one line', () => {
  let stacks: TestStacks;
  let bin: string;

  beforeEach(async () => {
    stacks = await createTestStacks();
    bin = join(stacks.dataDir, 'bin');
    await mkdir(bin, { recursive: true });
  });
  afterEach(() => stacks.clear());

  /** Starts with only `bin` on the PATH and nothing fetched, and gives back the refusal. */
  async function refusal(env: NodeJS.ProcessEnv, ports = {}): Promise<{ code: string; message: string }> {
    const fetchDir = join(stacks.dataDir, 'fetched');
    const free = { mongo: 0, temporal: 0, temporalUi: 0 };
    const failed = await stacks.start({ fetchDir, env: { PATH: bin, ...env }, ports: { ...free, ...ports } }).then(
      () => assert.fail('it started'),
      (error: unknown) => error,
    );
    assert.ok(failed instanceof StackError, String(failed));
    assert.doesNotMatch(failed.message, /\n/);
    return { code: failed.code, message: failed.message };
  }

  async function script(name: string, body: string): Promise<void> {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }

  it('a taken port', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    try {
      const moves = { mongo: 'MONGO', temporal: 'TEMPORAL', temporalUi: 'TEMPORAL_UI' };
      for (const [server, name] of Object.entries(moves)) {
        const env = server === 'mongo' ? { TEMPORAL_ADDRESS } : { MONGODB_URI };
        assert.deepEqual(await refusal(env, { [server]: port }), {
          code: 'port_taken',
          message: `Port ${port} is taken: stop what uses it or set LEADWIRE_${name}_PORT to another port`,
        });
      }
    } finally {
      taken.close();
    }
  });

  it('no Java', async () => {
    const { code, message } = await refusal({ TEMPORAL_ADDRESS });
    assert.equal(code, 'java_missing');
    assert.match(message, /^Java 17 .*install it, put `mongod` on the PATH or set MONGODB_URI$/);
  });

  it('a Java that is too old', async () => {
    await script('java', 'echo "openjdk 11.0.2 2019-01-15"');
    await script('javac', 'exit 0');
    const { code, message } = await refusal({ TEMPORAL_ADDRESS });
    assert.equal(code, 'java_missing');
    assert.match(message, /17 or newer/);
  });

  it('no Maven', async () => {
    for (const tool of ['java', 'javac']) {
      const path = await findOnPath(process.env, tool);
      assert.ok(path);
      await symlink(path, join(bin, tool));
    }
    const { code, message } = await refusal({ TEMPORAL_ADDRESS });
    assert.equal(code, 'maven_missing');
    assert.match(message, /^Maven .*install it/);
  });

  it('no Python', async () => {
    const { code, message } = await refusal({ MONGODB_URI });
    assert.equal(code, 'python_missing');
    assert.match(message, /^Python 3 .*install it, put `temporal` on the PATH or set TEMPORAL_ADDRESS$/);
  });

  it('a failed fetch, with its reason', async () => {
    await script('python3', 'echo "ERROR: no matching distribution" >&2; exit 1');
    const { code, message } = await refusal({ MONGODB_URI });
    assert.equal(code, 'fetch_failed');
    assert.match(message, /pip failed \(ERROR: no matching distribution\): try again/);
    assert.ok(stacks.logged.some((line) => line.startsWith('Fetching the Temporal dev server')));
  });

  it('a server that ends at its start, with its last words', async () => {
    await script('temporal', 'echo "Error: disk on fire" >&2; exit 3');
    const { code, message } = await refusal({ MONGODB_URI });
    assert.equal(code, 'start_failed');
    assert.match(message, /exit code 3\), last saying "Error: disk on fire": see .*temporal\.log$/);
  });
});

describe('servers that the environment names', () => {
  it('are used as they are, and nothing is started', async () => {
    const stacks = await createTestStacks();
    try {
      const stack = await stacks.start({ env: { PATH: '', MONGODB_URI, TEMPORAL_ADDRESS } });
      assert.equal(stack.mongoUri, MONGODB_URI);
      assert.equal(stack.temporalAddress, TEMPORAL_ADDRESS);
      assert.equal(stack.temporalUiUrl, undefined);
      for (const name of ['mongo', 'temporal'] as const) await assert.rejects(stacks.pidOf(name), { code: 'ENOENT' });
      assert.deepEqual(stacks.logged, []);
    } finally {
      await stacks.clear();
    }
  });
});
