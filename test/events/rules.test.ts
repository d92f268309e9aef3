import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CONVERSION_TIMEZONES, readConversionDate } from '../../rules/events/conversion-date.ts';
import { readEvent } from '../../rules/events/read.ts';
import { compileFields } from '../../rules/fields.ts';
import { toDecimal } from '../../rules/money.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const read = (date: unknown, zone?: unknown, campaign = 'America/New_York') =>
  readConversionDate(date, zone, campaign, NOW);
const instant = (...args: Parameters<typeof read>) => {
  const result = read(...args);
  return 'at' in result ? result.at?.toISOString() : result;
};

describe('the date of a conversion', () => {
  const offsets = { PST: 8, EST: 5, CST: 6, MST: 7, AKST: 9, SST: 11, HST: 10, AST: 4 };
  for (const [zone, behind] of Object.entries(offsets)) {
    const hour = String(behind).padStart(2, '0');
    it(`conversion_timezone ${zone} is UTC-${behind}, in summer too`, () => {
      assert.equal(instant('2026-01-31', zone), `2026-01-31T${hour}:00:00.000Z`);
      assert.equal(instant('2026-07-31', zone), `2026-07-31T${hour}:00:00.000Z`);
    });
  }
  it('knows no other time zones', () => {
    assert.deepEqual(Object.keys(CONVERSION_TIMEZONES).sort(), Object.keys(offsets).sort());
    for (const zone of ['UTC', 'PDT', 'America/New_York', 5]) {
      assert.deepEqual(Object.keys((read('2026-01-31', zone) as { invalid: object }).invalid), ['conversion_timezone']);
    }
    assert.deepEqual(Object.keys((read(undefined, 'PDT') as { invalid: object }).invalid), ['conversion_timezone']);
  });

  it("conversion_date is 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS'", () => {
    assert.equal(instant('2026-01-31 13:45:10', 'PST'), '2026-01-31T21:45:10.000Z');
    for (const text of [
      '2026-1-31',
      '01/31/2026',
      '2026-01-31T10:00:00',
      '2026-01-31 10:00',
      'soon',
      20260131,
      '2026-01-31 24:00:00',
    ]) {
      assert.deepEqual(read(text, 'PST'), { invalid: { conversion_date: 'is not YYYY-MM-DD or YYYY-MM-DD HH:MM:SS' } });
    }
    assert.deepEqual(read(undefined), {});
    assert.deepEqual(read(' ', null), {});
  });

  it('refuses a date that does not exist, and one in the future', () => {
    for (const text of ['2026-02-30', '2025-02-29', '2026-13-01', '2026-00-10', '2026-04-31 10:00:00', '0000-01-01']) {
      assert.deepEqual(read(text, 'EST'), { invalid: { conversion_date: 'is a date that does not exist' } });
    }
    assert.equal(instant('2024-02-29', 'EST'), '2024-02-29T05:00:00.000Z');
    assert.deepEqual(read('2026-11-22', 'EST'), { invalid: { conversion_date: 'is in the future' } });
    assert.deepEqual(read('2026-11-21 12:00:00', 'EST'), { invalid: { conversion_date: 'is in the future' } });
    assert.equal(instant('2026-11-21 07:00:00', 'EST'), '2026-11-21T12:00:00.000Z');
  });

  it("goes by the campaign's clock without a time zone, also where that is set", () => {
    assert.equal(instant('2026-07-31'), '2026-07-31T04:00:00.000Z');
    assert.equal(instant('2026-01-31'), '2026-01-31T05:00:00.000Z');
    assert.equal(instant('2026-11-01 01:30:00'), '2026-11-01T05:30:00.000Z');
    assert.equal(instant('2026-03-08 02:30:00'), '2026-03-08T07:30:00.000Z');
  });
});

describe('the revenue of an event', () => {
  const form = { leadFields: compileFields([]), fields: compileFields([]), timezone: 'UTC' };
  const revenue = (given: unknown, textual: boolean) => {
    const result = readEvent({ revenue: given }, { ...form, conversion: true, textual }, NOW);
    return 'revenue' in result ? result.revenue : undefined;
  };
  it('is what was sent, to a millionth of a dollar, as a number or in an address', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (micros) => {
        assert.equal(revenue(toDecimal(micros), false), micros);
        const text = `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
        assert.equal(revenue(text, true), micros);
        assert.equal(revenue(text, false), undefined);
      }),
    );
  });
  it('is never negative, infinite or ambiguous', () => {
    for (const [given, textual] of [
      ...([-1, -0.000001, Infinity, NaN, true, [5], { amount: 5 }] as const).map((value) => [value, false] as const),
      ...(['45,00', '1,000', '$5', '1e3', '-1', '0x10', 'five', ''] as const).map((value) => [value, true] as const),
    ]) {
      assert.equal(revenue(given, textual), undefined, String(given));
    }
  });
  it('counts on a conversion only', () => {
    const result = readEvent({ amount: 5 }, { ...form, conversion: false, textual: false }, NOW);
    assert.deepEqual(result, { fields: {} });
  });
});
