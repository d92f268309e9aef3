import assert from 'node:assert/strict';
import { checkGeo, compileGeo, inArea, type Place } from '../../rules/geo.ts';
import { locate } from '../../rules/geo/place-of.ts';
import { places } from './rule-data.ts';
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

  const located: [what: string, geo: Geo, place: Place, expected: string][] = [
    ['a state by the ZIP code alone', { include: { states: ['CA'] } }, { zip: '94105' }, 'pass'],
    [
      "the lead's own state before that of its ZIP code",
      { include: { states: ['CA'] } },
      { state: 'NY', zip: '94105' },
      'geo_state',
    ],
    ['a county in any case', { include: { counties: ['CA/los angeles'] } }, { zip: '90012' }, 'pass'],
    ['another county', { include: { counties: ['CA/Orange'] } }, { zip: '90012' }, 'geo_county'],
    ['a county of the same name elsewhere', { exclude: { counties: ['FL/Orange'] } }, { zip: '92868' }, 'pass'],
    ['a county without a ZIP code', { include: { counties: ['CA/Orange'] } }, { state: 'CA' }, 'geo_unknown'],
    ['within a circle', { include: { within: [{ miles: 20, of: '94105' }] } }, { zip: '94612' }, 'pass'],
    ['outside a circle', { include: { within: [{ miles: 20, of: '94105' }] } }, { zip: '95814' }, 'geo_radius'],
    [
      'within an excluded circle',
      { exclude: { within: [{ miles: 5, of: '60601' }] } },
      { zip: '60602' },
      'geo_excluded',
    ],
    [
      'a circle and a territory that the data lacks',
      { exclude: { within: [{ miles: 5, of: '60601' }] } },
      { zip: '00907' },
      'geo_unknown',
    ],
    ['a state of a territory that the data lacks', { include: { states: ['PR'] } }, { zip: '00907' }, 'geo_unknown'],
  ];
  for (const [what, geo, place, expected] of located) {
    it(what, () => assert.equal(inArea(compileGeo(geo), locate(place, places)).reason ?? 'pass', expected));
  }

  it('knows places as the atlas does', () => {
    const sf = places.find('94105');
    assert.deepEqual([sf?.state, sf?.county, places.timezone('94105')], ['CA', 'San Francisco', 'America/Los_Angeles']);
    const counties = ['23230', '23224', '70112', '21201', '99801'].map((zip) => places.find(zip)?.county);
    assert.deepEqual(counties, ['Henrico', 'Richmond (city)', 'Orleans', 'Baltimore (city)', 'Juneau']);
    assert.equal(places.timezone('32501'), 'America/Chicago', 'Pensacola is not on the time of Miami');
    assert.equal(places.timezone('85001'), 'America/Phoenix');
    const coastToCoast = places.miles('10001', '90012') ?? 0;
    assert.ok(Math.abs(coastToCoast - 2446) < 10, `New York to Los Angeles is ${coastToCoast}`);
    assert.equal(places.miles('94105', '94105'), 0);
    assert.equal(places.find('00000'), undefined);
    assert.equal(places.find('09001'), undefined, 'military post is nowhere in particular');
  });

  it('warns of counties and circles that nobody knows', () => {
    const within = [{ miles: 5, of: '00907' }];
    const issues = checkGeo({ include: { counties: ['CA/Orange', 'CA/Oranje'], within } }, 'geo', places);
    assert.deepEqual(
      issues.map(({ path, code, severity }) => [path, code, severity]),
      [
        ['geo.include.counties[1]', 'unknown_county', 'warning'],
        ['geo.include.within[0].of', 'unknown_zip', 'warning'],
      ],
    );
  });

  it('is checked for states that do not exist and for naming nothing', () => {
    const issues = checkGeo(
      { include: { states: ['CA', 'XX'] }, exclude: { zips: [] } },
      'integrations[0].geo',
      places,
    );
    assert.deepEqual(
      issues.map(({ path, code }) => [path, code]),
      [
        ['integrations[0].geo.include.states[1]', 'unknown_state'],
        ['integrations[0].geo.exclude', 'empty'],
      ],
    );
    assert.deepEqual(checkGeo({ include: { states: ['CA', 'PR'] } }, 'geo', places), []);
  });
});
