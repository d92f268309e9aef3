import assert from 'node:assert/strict';
import { builtInConnectors, builtInSources } from '../../config/connectors/catalog.ts';
import { readFixtures, runFixture } from '../../sdk/index.ts';

const FOLDER = new URL('../../connectors/', import.meta.url);

describe('the connectors that come with Leadwire', () => {
  for (const { name } of builtInSources()) {
    describe(name, () => {
      const connector = builtInConnectors().find(name);

      it('has no mistakes', () => {
        assert.deepEqual(builtInConnectors().issues(name), []);
        assert.equal(connector?.id, name, 'its folder is named for it');
      });

      const fixtures = readFixtures(new URL(`${name}/`, FOLDER));
      for (const { file, fixture } of fixtures) {
        it(file, async () => {
          assert.ok(connector);
          assert.deepEqual((await runFixture(connector, fixture)).mistakes, []);
        });
      }

      it('shows a yes and a no of each operation', () => {
        const shown = fixtures.filter(({ kind }) => kind === 'exemplary').map(({ fixture }) => fixture);
        for (const operation of Object.keys(connector?.operations ?? {})) {
          const outcomes = shown.filter((each) => each.operation === operation).map(({ result }) => result?.outcome);
          assert.ok(outcomes.includes('accepted'), `${operation}: nothing is accepted`);
          assert.ok(outcomes.includes('rejected'), `${operation}: nothing is rejected`);
        }
      });
    });
  }
});
