import assert from 'node:assert/strict';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { postbackSources } from '../../config/connectors/postbacks.ts';
import { readPage } from '../docs/pages.ts';

const page = readPage('docs/connector-catalogue.md');

describe('the catalogue of connectors', () => {
  it('has every service that comes with Leadwire', () => {
    const made = new Set(postbackSources().map(({ name }) => name));
    const missing = builtInConnectors()
      .list()
      .map(({ name }) => name)
      // Buyers that are aliases stand beside the connector they are like.
      .filter((name) => builtInConnectors().find(name)?.category !== 'Buyer')
      .filter((name) => !page.includes(made.has(name) ? `\`${name}\`` : `[${name}](../connectors/${name})`));
    assert.deepEqual(missing, []);
  });

  it('names no connector that is not there', () => {
    const named = [...page.matchAll(/\]\(\.\.\/connectors\/([a-z0-9-]+)\)/g)].map(([, name = '']) => name);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !builtInConnectors().find(name)),
      [],
    );
  });
});
