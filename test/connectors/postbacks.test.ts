import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { postbackSources } from '../../config/connectors/postbacks.ts';
import { hashedContacts } from '../../rules/postback/hashed.ts';
import { manifestSchema } from '../../schema/connector.ts';
import { runFixture, type Fixture } from '../../sdk/index.ts';

const FOLDER = new URL('../postbacks/templates/', import.meta.url);

/** What is known of a template's request, in test/postbacks/templates. */
interface Known {
  template: string;
  lead: Record<string, unknown>;
  event: Record<string, unknown> & { time: string };
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
  expected: { method: string; url: string; headers?: Record<string, string>; json?: unknown };
  accepted: [text: string, taken: boolean][];
}

const known = readdirSync(FOLDER).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Known),
}));

function fixtureOf({ lead, event, settings, secrets }: Known, answer: { status?: number; body: string }): Fixture {
  return {
    operation: 'postback',
    config: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    secrets,
    input: {
      lead: lead as never,
      event: event as never,
      hashed: hashedContacts(lead) as Record<string, string>,
      now: event.time,
    },
    request: { method: 'GET', url: 'https://compared.below.example/' },
    response: answer,
    result: { outcome: 'accepted' },
  };
}

describe('templates of postbacks as connectors', () => {
  for (const { name, manifest } of postbackSources()) {
    it(`${name} is a connector without mistakes`, () => {
      assert.deepEqual(manifestSchema.safeParse(manifest).error?.issues ?? [], []);
      assert.deepEqual(builtInConnectors().issues(name), []);
      assert.deepEqual(Object.keys(builtInConnectors().find(name)?.operations ?? {}), ['postback']);
    });
  }

  for (const each of known) {
    it(`send what their template sends, and read its answers the same: ${each.file}`, async () => {
      const connector = builtInConnectors().find(each.template.replaceAll('_', '-'));
      assert.ok(connector);
      const texts: [string, boolean][] = each.accepted.length > 0 ? each.accepted : [['{}', true]];
      for (const [body, taken] of texts) {
        const run = await runFixture(connector, fixtureOf(each, { body }));
        assert.deepEqual(
          run.mistakes.filter((mistake) => !/^(?:request|result): expected/.test(mistake)),
          [],
        );
        assert.equal(run.request?.method, each.expected.method);
        assert.equal(sorted(run.request?.url), sorted(each.expected.url));
        assert.deepEqual(run.request?.body, each.expected.json);
        assert.equal(run.result?.outcome, taken ? 'accepted' : 'rejected', body);
      }
      const refused = await runFixture(connector, fixtureOf(each, { status: 404, body: '' }));
      assert.equal(refused.result?.outcome, 'rejected');
      const down = await runFixture(connector, fixtureOf(each, { status: 503, body: '' }));
      assert.equal(down.result?.outcome, 'error');
    });
  }
});

function sorted(address = ''): string {
  const url = new URL(address);
  url.searchParams.sort();
  return url.href;
}
