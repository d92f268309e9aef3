import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildSdk } from '../../dev/sdk/build.ts';
import { commandLine } from '../cli/command-line.ts';
import { startRegistry, type TestRegistry } from './registry.ts';

const require = createRequire(import.meta.url);

/** Code that the types must accept, and (second) a mistake that they must see. */
const CODE = (property: string) => `import { defineConnector, ConnectorError } from '@leadwire/connector-sdk';
const manifest = {
  config: {
    type: 'object',
    properties: { campaign: { type: 'string' }, token: { type: 'string', secret: true } },
    required: ['campaign', 'token'],
  },
  operations: { post: {} },
} as const;
export default defineConnector(manifest, {
  post: {
    request: ({ lead, config }) => {
      if (lead['zip'] === undefined) throw new ConnectorError('no_zip', { retryable: false });
      return { body: config.${property}.toUpperCase() };
    },
  },
});
`;
const TRY = `import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readFixtures, readManifest, runFixture } from '@leadwire/connector-sdk';
const folder = pathToFileURL(process.cwd() + '/');
const { connector, issues } = readManifest(JSON.parse(readFileSync('connector.json', 'utf8')), () => undefined);
if (!connector) throw new Error(JSON.stringify(issues));
let ran = 0;
for (const { file, fixture } of readFixtures(folder)) {
  const { mistakes } = await runFixture(connector, fixture);
  if (mistakes.length > 0) throw new Error(file + ': ' + mistakes.join('; '));
  ran += 1;
}
console.log(ran + ' fixtures');
`;

describe('the package that authors install', function () {
  this.timeout(300_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-sdk-'));
  const folder = join(root, 'author');
  let registry: TestRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(async () => {
    await registry.stop();
    rmSync(root, { recursive: true });
  });
  const run = (command: string, ...argv: string[]) =>
    promisify(execFile)(command, argv, { cwd: folder, env: registry.variables });

  it('is published, is what a new connector needs, checks its types and runs its fixtures', async () => {
    await buildSdk(join(root, 'sdk'));
    await registry.publish(filesIn(join(root, 'sdk')));
    await registry.publish(filesIn(dirname(require.resolve('zod/package.json'))));

    const made = await commandLine(registry.variables)(`connector create acme --into ${folder}`);
    assert.equal(made.code, 0, made.err.join('\n'));
    await run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund');
    writeFileSync(join(folder, 'try.mjs'), TRY);
    assert.equal((await run(process.execPath, 'try.mjs')).stdout.trim(), '2 fixtures');

    const tsc = require.resolve('typescript/bin/tsc');
    const check = [tsc, ...'--noEmit --strict --skipLibCheck --module nodenext --target es2022 index.ts'.split(' ')];
    writeFileSync(join(folder, 'index.ts'), CODE('campaign'));
    await run(process.execPath, ...check);
    writeFileSync(join(folder, 'index.ts'), CODE('campain'));
    await assert.rejects(run(process.execPath, ...check), ({ stdout }: { stdout: string }) =>
      /index\.ts\(\d+,\d+\): error TS2551/.test(stdout),
    );
  });
});

function filesIn(folder: string, at = ''): Record<string, Buffer> {
  return Object.fromEntries(
    readdirSync(join(folder, at), { withFileTypes: true }).flatMap((entry): [string, Buffer][] => {
      const path = `${at}${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : Object.entries(filesIn(folder, `${path}/`));
      return [[path, readFileSync(join(folder, path))]];
    }),
  );
}
