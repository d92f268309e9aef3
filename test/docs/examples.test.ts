import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { checkConfiguration } from '../../config/check.ts';
import { sampleFile } from '../../dev/sample/load.ts';
import { COLLECTIONS } from '../../schema/configuration.ts';
import { integrationSchema } from '../../schema/integration.ts';
import { readPage } from './pages.ts';

const PAGES = [
  'docs/configuration.md',
  'docs/mapping.md',
  'docs/connectors.md',
  'docs/rules.md',
  'docs/events.md',
  'docs/money.md',
  'docs/limits-and-logs.md',
  'docs/postbacks.md',
  'docs/portal.md',
  'docs/listings.md',
  'docs/follow-ups.md',
];

/** A buyer that needs nothing more; an example that shows a part of an integration is put into one. */
const FRAME = {
  id: 'int_example',
  campaign: 'cmp_auto',
  buyer: 'buy_acme',
  category: 'Buyer',
  price: 1,
  post: {
    request: { url: 'https://example.com' },
    response: { rejected: { 'body.ok': 'no' }, accepted: { 'body.ok': 'yes' } },
  },
};

describe('the YAML examples of the documentation', () => {
  for (const page of PAGES) {
    const examples = examplesOf(readPage(page));

    it(`${page} has some`, () => assert.ok(examples.length > 0));

    for (const { line, text } of examples) {
      it(`${page}:${line} can be applied`, async () => {
        const existing = await sampleFile();
        const { issues } = checkConfiguration(asFile(parse(text)), { existing, allowNetworks: ['127.0.0.0/8'] });
        assert.deepEqual(
          issues.filter(({ severity }) => severity !== 'warning'),
          [],
        );
      });
    }
  }
});

function examplesOf(page: string): { line: number; text: string }[] {
  return [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: page.slice(0, match.index).split('\n').length,
    text: match[1] ?? '',
  }));
}

/** A whole file as it is; properties of an integration inside one. */
function asFile(example: unknown): unknown {
  const names = Object.keys(example as object);
  if (names.every((name) => (COLLECTIONS as readonly string[]).includes(name))) return example;
  const own = Object.keys(integrationSchema.shape);
  assert.deepEqual(
    names.filter((name) => !own.includes(name)),
    [],
    'is neither a file nor a part of an integration',
  );
  return { integrations: [{ ...FRAME, ...(example as object) }] };
}
