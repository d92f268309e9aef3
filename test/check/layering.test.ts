import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult, type IConfiguration } from 'dependency-cruiser';

const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

/** The rules that a tree of these files breaks, each once. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layering-'));
  try {
    for (const name of ['node_modules', 'package.json']) {
      symlinkSync(new URL(`../../${name}`, import.meta.url), join(folder, name));
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { tsConfig: _, enhancedResolveOptions, ...rest } = options ?? {};
    const checks = { ...rest, baseDir: folder, ruleSet: { forbidden: forbidden ?? [] }, validate: true };
    const { output } = await cruise(['.'], checks, enhancedResolveOptions);
    const violations = (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
    return [...new Set(violations)].sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the layering', function () {
  this.timeout(60_000);

  it('lets an import go downwards', async () => {
    const files = {
      'rules/price.ts': `import '../errors/code.ts';`,
      'errors/code.ts': 'export {};',
      'http/client.ts': `import 'undici';`,
    };
    assert.deepEqual(await broken(files), []);
  });

  it('refuses an import that goes upwards, and one that comes back', async () => {
    const files = {
      'models/lead.ts': `import '../server/app.ts';`,
      'server/app.ts': `import './routes.ts';`,
      'server/routes.ts': `import './app.ts';`,
    };
    assert.deepEqual(await broken(files), ['models-imports-nothing-above', 'no-cycles']);
  });

  it('refuses packages where they do not belong', async () => {
    const files = {
      'server/ask.ts': `import 'undici';`,
      'rules/ask.ts': `import { Client } from '@temporalio/client'; export const client = Client;`,
      'config/try.ts': `import { it } from 'mocha'; export const tried = it;`,
    };
    const expected = ['not-to-dev-dependency', 'one-outbound-client', 'temporal-client-and-worker-in-server-only'];
    assert.deepEqual(await broken(files), expected);
  });

  it('refuses what does not exist, and a connector that looks further than the SDK', async () => {
    const files = {
      'connectors/acme/index.ts': `import '../../rules/price.ts';`,
      'rules/price.ts': `import './gone.ts';`,
    };
    assert.deepEqual(await broken(files), ['connectors-import-the-sdk-only', 'imports-resolve']);
  });
});
