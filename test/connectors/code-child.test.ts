import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { testInChild, type ChildOptions } from '../../sdk/conformance/child.ts';
import { commandLine } from '../cli/command-line.ts';

const SOUND = fileURLToPath(new URL('broken/sound/', import.meta.url));
const define = (post: string) => `import { defineConnector } from '@leadwire/connector-sdk';
export default defineConnector({}, { post: ${post} });`;

describe('the conformance suite in a process of its own', function () {
  this.timeout(180_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-child-'));
  after(() => rmSync(root, { recursive: true }));

  /** A connector that is sound but for its code. */
  function folderWith(name: string, code: string): string {
    const folder = join(root, name);
    mkdirSync(folder);
    cpSync(SOUND, folder, { recursive: true });
    const file = join(folder, 'connector.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...manifest, code: 'index.js' }));
    writeFileSync(join(folder, 'index.js'), code);
    return folder;
  }
  const run = async (name: string, code: string, options?: ChildOptions) => {
    const findings = await testInChild(pathToFileURL(`${folderWith(name, code)}/`), options);
    return findings.map(({ rule, at = '', message }) => [rule, at, message].join(' '));
  };

  it('passes code that is sound, and ends with code that does not or that ends its process', async () => {
    const [sound, loops, forges] = await Promise.all([
      run('sound', define('{ request: ({ lead }) => ({ headers: {} }) }')),
      run('loops', define('{ request: () => { for (;;); } }'), { stuckMs: 5_000 }),
      // Says itself what was found.
      run('forges', `process.getBuiltinModule?.('fs').writeSync(3, '{"findings":[],"token":""}\\n'); process.exit(0)`),
    ]);
    assert.deepEqual(sound, []);
    assert.deepEqual(loops, ['faults/declared post.request does not return']);
    const gone = 'takes the process down that it is tested in: too much memory, or an exit';
    assert.deepEqual(forges, [`faults/declared index.js ${gone}`]);
  });

  it('is what the command line runs on code, which sees no environment there', async () => {
    const seen = '{ request: () => ({ headers: { "x-home": JSON.stringify([process.env, typeof fetch]) } }) }';
    const { code, out } = await commandLine({})(`connector test ${folderWith('reaches', define(seen))}`);
    assert.equal(code, 1);
    assert.ok(
      out.includes('FAIL exemplary/post-sold.json') && out.includes('ok   exemplary/ping-bid.json'),
      out.join('\n'),
    );
    assert.ok(
      out.some((line) => line.includes('"x-home":"[{},\\"undefined\\"]"')),
      out.join('\n'),
    );
  });
});
