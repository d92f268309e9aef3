import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { publishedPages } from '../../config/published.ts';

describe('the generated pages of docs/', () => {
  for (const [path, content] of Object.entries(publishedPages())) {
    it(`${path} is what npm run schema writes`, async () => {
      const stored = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
      assert.ok(stored === content, `${path} is stale: run npm run schema`);
    });
  }

  it('publish a schema that names the parts of the language', () => {
    const schema = JSON.parse(publishedPages()['docs/campaign.schema.json'] ?? '') as {
      $defs: Record<string, { properties?: Record<string, { description?: string }> }>;
    };
    for (const name of ['campaign', 'integration', 'operation', 'table', 'field']) assert.ok(schema.$defs[name], name);
    assert.match(schema.$defs.auction?.properties?.minPrice?.description ?? '', /Floor/);
  });
});
