import assert from 'node:assert/strict';
import { checkGeo, compileGeo, inArea, type Place } from '../../rules/geo.ts';
import type { Geo } from '../../schema/filters.ts';

const answer = (geo: Geo, place: Place) => inArea(compileGeo(geo), place).reason ?? 'pass';

describe('geo filter', () => {
  const cases: [what: string, geo: Geo, place: Place, expected: string][] = [
    ['without a filter all pass', {}, {}, 'pass'],
    [
      'one of the places is enough',
      { include: { states: ['NV'], zips: ['94105'] } },
      { state: 'CA', zip: '94105' },
      'pass',
    ],
    [
      'none of several kinds',
      { include: { states: ['NV'], zips: ['94105'] } },
      { state: 'CA', zip: '94110' },
      'geo_state',
    ],
    ['a state is enough without a ZIP code', { include: { states: ['NV'], zips: ['94105'] } }, { state: 'NV' }, 'pass'],
    [
      'a missing ZIP code leaves it open',
      { include: { states: ['NV'], zips: ['94105'] } },
      { state: 'CA' },
      'geo_unknown',
    ],
    ['a prefix of any length', { include: { zipPrefixes: ['9', '104'] } }, { zip: '10400' }, 'pass'],
    ['no prefix of another place', { include: { zipPrefixes: ['104'] } }, { zip: '10500' }, 'geo_zip'],
    ['an excluded prefix', { exclude: { zipPrefixes: ['941'] } }, { zip: '94105' }, 'geo_excluded'],
    ['outside the exclusion', { exclude: { states: ['NY'] } }, { state: 'CA' }, 'pass'],
    ['an exclusion that cannot be decided', { exclude: { states: ['NY'] } }, { zip: '94105' }, 'geo_unknown'],
    [
      'a known exclusion beside an unknown one',
      { exclude: { states: ['NY'], zips: ['1'] } },
      { state: 'NY' },
      'geo_excluded',
    ],
    ['empty lists name nothing', { exclude: { states: [], zips: [] } }, {}, 'pass'],
  ];
  for (const [what, geo, place, expected] of cases) {
    it(what, () => assert.equal(answer(geo, place), expected));
  }

  it('is checked for states that do not exist and for naming nothing', () => {
    const issues = checkGeo({ include: { states: ['CA', 'XX'] }, exclude: { zips: [] } }, 'integrations[0].geo');
    assert.deepEqual(
      issues.map(({ path, code }) => [path, code]),
      [
        ['integrations[0].geo.include.states[1]', 'unknown_state'],
        ['integrations[0].geo.exclude', 'empty'],
      ],
    );
    assert.deepEqual(checkGeo({ include: { states: ['CA', 'PR'] } }, 'geo'), []);
  });
});
