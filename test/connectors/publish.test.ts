import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSdk } from '../../dev/sdk/build.ts';
import type * as sdk from '../../sdk/index.ts';
import { commandLine } from '../cli/command-line.ts';
import { startRegistry, type TestRegistry } from './registry.ts';

const NAME = 'leadwire-connector-acme';

describe('publishing a connector', function () {
  this.timeout(180_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-publish-test-'));
  const folder = join(root, NAME);
  let registry: TestRegistry;
  let run: ReturnType<typeof commandLine>;
  before(async () => {
    registry = await startRegistry();
    run = commandLine(registry.variables);
    assert.equal((await run(`connector create acme --into ${folder}`)).code, 0);
  });
  after(async () => {
    await registry.stop();
    rmSync(root, { recursive: true });
  });
  const change = (file: string, edit: (text: string) => string) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, edit(before));
    return () => writeFileSync(path, before);
  };
  const published = async () => {
    const answer = await fetch(`${registry.url}/${NAME}`);
    return answer.ok ? Object.keys(((await answer.json()) as { versions: object }).versions) : [];
  };

  it('publishes what passes, and says its integrity', async () => {
    // Were it run, nothing would be published.
    const undo = change('package.json', (text) => text.replace('"type"', '"scripts": { "test": "exit 1" }, "type"'));
    const { code, out, err } = await run(`connector publish ${folder}`);
    undo();
    assert.equal(code, 0, [...out, ...err].join('\n'));
    assert.ok(out.includes(`${NAME}@1.0.0 is published`));
    assert.match(out.at(-1) ?? '', /^ {2}integrity {2}sha512-/);
    assert.deepEqual(await published(), ['1.0.0']);
  });

  it('refuses a version on which integrations on the last one would break', async () => {
    const undo = [
      change('connector.json', (text) => text.replaceAll('campaign', 'campaign_id').replace('1.0.0', '1.1.0')),
      change('package.json', (text) => text.replace('1.0.0', '1.1.0')),
    ];
    const { code, out } = await run(`connector publish ${folder}`);
    for (const back of undo) back();
    assert.equal(code, 1);
    assert.ok(out.includes(`compared with ${NAME}@1.0.0`), out.join('\n'));
    assert.ok(
      out.some((line) => line.includes('config/compatible')),
      out.join('\n'),
    );
    assert.deepEqual(await published(), ['1.0.0']);
  });

  it('refuses credentials and lifecycle scripts before anything is sent', async () => {
    const undo = change('README.md', (text) => `${text}\n//registry.example/:_authToken=abc\n`);
    const leaking = await run(`connector publish ${folder}`);
    undo();
    assert.deepEqual([leaking.code, leaking.err[1]], [1, 'README.md holds credentials of a registry']);
    change('package.json', (text) => text.replace('"type"', '"scripts": { "prepack": "exit 1" }, "type"'));
    const scripted = await run(`connector publish ${folder}`);
    assert.match(scripted.err.join('\n'), /\(package_invalid\)[^]*lifecycle script prepack/);
  });
});

describe('the SDK as a package', function () {
  this.timeout(60_000);

  it('is one module that needs nothing of Leadwire around it', async () => {
    const into = mkdtempSync(join(tmpdir(), 'leadwire-sdk-'));
    try {
      await buildSdk(into, { types: false });
      const own = JSON.parse(readFileSync(join(into, 'package.json'), 'utf8')) as Record<string, unknown>;
      assert.equal(own['name'], '@leadwire/connector-sdk');
      assert.deepEqual(Object.keys(own['dependencies'] as object), ['zod']);
      // What npm would put there.
      mkdirSync(join(into, 'node_modules'));
      const zod = fileURLToPath(new URL('../../node_modules/zod', import.meta.url));
      symlinkSync(zod, join(into, 'node_modules/zod'));
      const module = (await import(pathToFileURL(join(into, 'index.js')).href)) as typeof sdk;
      const folder = new URL('../../connectors/phonexa/', import.meta.url);
      const manifest = JSON.parse(readFileSync(new URL('connector.json', folder), 'utf8')) as unknown;
      const { connector, issues } = module.readManifest(manifest, () => undefined);
      assert.deepEqual(issues, []);
      const fixtures = module.readFixtures(folder);
      assert.ok(connector && fixtures.length > 1);
      for (const { file, fixture } of fixtures) {
        assert.deepEqual((await module.runFixture(connector, fixture)).mistakes, [], file);
      }
    } finally {
      rmSync(into, { recursive: true });
    }
  });
});
