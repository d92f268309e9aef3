import assert from 'node:assert/strict';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { stateOfAreaCode } from '../../rules/geo/area-codes.ts';
import { zoneOfLead } from '../../rules/geo/lead-zone.ts';

const TERRITORIES = new Set(['AS', 'GU', 'MP', 'PR', 'VI']);
/** Areas that were announced and have no numbers as far as libphonenumber knows. */
const ANNOUNCED = ['357', '436', '457', '471', '621', '624', '679', '837', '861', '924'];

describe('area codes', () => {
  const codes = Array.from({ length: 800 }, (_, n) => String(n + 200));
  /** The country of the numbers of an area, where it has any: some areas give out few exchanges yet. */
  const countryOf = (code: string) => {
    for (const exchange of ['555', '234', '345', '678', '789', '622']) {
      const phone = parsePhoneNumberFromString(`+1${code}${exchange}4567`);
      if (phone?.isValid() && phone.getType()?.startsWith('FIXED_LINE')) return phone.country;
    }
    return undefined;
  };

  it('have a state where libphonenumber knows numbers of the United States, and no others', () => {
    const wrong = codes.filter((code) => {
      const [country, state] = [countryOf(code), stateOfAreaCode(code)];
      if (country === undefined) return state !== undefined && !ANNOUNCED.includes(code);
      if (country === 'US') return state === undefined || TERRITORIES.has(state);
      return state !== (TERRITORIES.has(country) ? country : undefined);
    });
    assert.deepEqual(wrong, []);
    assert.ok(codes.filter((code) => countryOf(code) === 'US').length > 300);
  });

  const zones: Record<string, [string, string][]> = {
    'in two zones tell that of most of their people': [
      ['208', 'America/Boise'],
      ['219', 'America/Chicago'],
      ['270', 'America/Chicago'],
      ['308', 'America/Chicago'],
      ['423', 'America/New_York'],
      ['605', 'America/Chicago'],
      ['701', 'America/Chicago'],
      ['775', 'America/Los_Angeles'],
      ['812', 'America/Indiana/Indianapolis'],
      ['850', 'America/Chicago'],
      ['906', 'America/Detroit'],
      ['907', 'America/Anchorage'],
      ['915', 'America/Denver'],
      ['928', 'America/Phoenix'],
    ],
    'laid over older ones keep their time': [
      ['364', 'America/Chicago'],
      ['448', 'America/Chicago'],
      ['621', 'America/Chicago'],
      ['689', 'America/New_York'],
      ['748', 'America/Denver'],
      ['837', 'America/Los_Angeles'],
      ['930', 'America/Indiana/Indianapolis'],
      ['983', 'America/Denver'],
      ['986', 'America/Boise'],
    ],
  };
  for (const [rule, all] of Object.entries(zones)) {
    it(rule, () => {
      const found = all.map(([code]) => [code, zoneOfLead({}, `+1${code}5554567`, { timezone: () => undefined })]);
      assert.deepEqual(found, all);
    });
  }

  it('elsewhere than in the United States tell nothing', () => {
    for (const code of ['416', '604', '809', '800', '900', '555']) {
      assert.equal(zoneOfLead({}, `+1${code}5554567`, { timezone: () => undefined }), undefined, code);
    }
  });
});
