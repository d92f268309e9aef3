import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { checkConfiguration } from '../../config/check.ts';
import { sampleFile } from './sample.ts';

interface Case {
  /** Laid over the sample configuration: `integrations.0.caps.0.max` → value; null deletes. */
  change: Record<string, unknown>;
  /** `path code`, warnings as `path code warning`; nothing else may be found. */
  finds: string[];
  allowNetworks?: string[];
}

const FIXTURES = new URL('./check/', import.meta.url);

describe('checking a configuration', () => {
  it('finds nothing wrong with the sample', () => {
    const { file, issues } = checkConfiguration(sampleFile());
    assert.deepEqual(issues, []);
    assert.deepEqual(file, sampleFile());
  });

  for (const name of readdirSync(FIXTURES).sort()) {
    it(name.replace('.json', '').replaceAll('-', ' '), () => {
      const { change, finds, allowNetworks } = JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as Case;
      const input = sampleFile() as unknown;
      for (const [path, value] of Object.entries(change)) lay(input, path.split('.'), value);
      const { file, issues } = checkConfiguration(input, { allowNetworks });
      const found = issues.map(({ path, code, severity }) => [path, code, severity].filter(Boolean).join(' '));
      assert.deepEqual(found.sort(), [...finds].sort(), JSON.stringify(issues, undefined, 1));
      assert.equal(
        file === undefined,
        issues.some(({ severity }) => severity !== 'warning'),
      );
    });
  }

  it('checks a file that names only some objects on top of those that are there', () => {
    const [integration] = sampleFile().integrations ?? [];
    const part = { integrations: [{ ...integration, id: 'int_second' }] };
    assert.ok(checkConfiguration(part).issues.some(({ code }) => code === 'unknown_campaign'));
    assert.deepEqual(checkConfiguration(part, { existing: sampleFile() }).issues, []);
  });

  it('does not check what is there again, except for what it refers to', () => {
    const existing = sampleFile();
    const [integration] = existing.integrations ?? [];
    assert.ok(integration?.ping);
    integration.ping.request.url = 'http://10.0.0.1/';
    assert.deepEqual(checkConfiguration({ buyers: [{ id: 'buy_c', name: 'C' }] }, { existing }).issues, []);
    const pruned = checkConfiguration({ ...existing, integrations: [], rules: [] }, { existing });
    assert.deepEqual(pruned.issues, []);
    const broken = checkConfiguration({}, { existing, remove: [{ collection: 'rules', id: 'rul_adult' }] });
    assert.deepEqual(
      broken.issues.map(({ path, code }) => [path, code]),
      [['integrations.int_acme.rule', 'unknown_rule']],
    );
  });

  it('refuses what is no data without following it', () => {
    const circle: Record<string, unknown> = {};
    circle.rules = [circle];
    const reserved = JSON.parse('{"buyers": [{"id": "buy_a", "name": "A", "__proto__": {"paused": true}}]}') as unknown;
    for (const [input, code] of [
      [circle, 'too_deep'],
      [reserved, 'unknown_property'],
      [{ buyers: [new Date()] }, 'wrong_type'],
      [{ integrations: [{ price: NaN }] }, 'wrong_value'],
      [null, 'wrong_type'],
      [[], 'wrong_type'],
      ['text', 'wrong_type'],
    ] as const) {
      const { file, issues } = checkConfiguration(input);
      assert.equal(file, undefined);
      assert.equal(issues[0]?.code, code);
    }
  });

  it('never throws, whatever is put in the place of any part', () => {
    const paths = [...pathsOf(sampleFile())];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), (path, value) => {
        const input = sampleFile() as unknown;
        lay(input, path, value);
        const { file, issues } = checkConfiguration(input);
        assert.equal(
          file === undefined,
          issues.some(({ severity }) => severity !== 'warning'),
        );
      }),
      { numRuns: 500 },
    );
  });
});

function lay(root: unknown, path: readonly string[], value: unknown) {
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>(
    (node, key) => {
      node[key] ??= {};
      return node[key] as Record<string, unknown>;
    },
    root as Record<string, unknown>,
  );
  if (value === null) delete parent[last];
  else parent[last] = value;
}

function* pathsOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    yield [...path, key];
    yield* pathsOf(child, [...path, key]);
  }
}
