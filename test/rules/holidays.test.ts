import assert from 'node:assert/strict';
import { compileHolidays } from '../../rules/holidays.ts';
import { dateText } from '../../rules/zone-clock.ts';
import type { Holidays } from '../../schema/filters.ts';

const DAY_MS = 86_400_000;

function daysOf(year: number, list: Holidays): string[] {
  const holidayOf = compileHolidays(list);
  const first = Date.UTC(year, 0, 1) / DAY_MS;
  const days = Array.from({ length: Date.UTC(year + 1, 0, 1) / DAY_MS - first }, (_, nth) => first + nth);
  return days.filter((day) => holidayOf(day) !== undefined).map((day) => dateText(day).slice(5));
}

describe('holidays', () => {
  it('of the federal government are those of its calendar, with the days on which they are kept', () => {
    // https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/
    assert.deepEqual(daysOf(2026, ['us_federal']), [
      ...['01-01', '01-19', '02-16', '05-25', '06-19', '07-03', '07-04', '09-07', '10-12', '11-11', '11-26', '12-25'],
    ]);
    assert.deepEqual(daysOf(2027, ['us_federal']), [
      ...['01-01', '01-18', '02-15', '05-31', '06-18', '06-19', '07-04', '07-05', '09-06', '10-11', '11-11', '11-25'],
      ...['12-24', '12-25', '12-31'],
    ]);
  });

  it('may be some of them', () => {
    assert.deepEqual(daysOf(2026, ['thanksgiving', 'christmas']), ['11-26', '12-25']);
  });

  it('may be dates, of one year or of every year', () => {
    assert.deepEqual(daysOf(2026, ['2026-11-27', '12-24']), ['11-27', '12-24']);
    assert.deepEqual(daysOf(2027, ['2026-11-27', '12-24']), ['12-24']);
    assert.deepEqual([daysOf(2028, ['02-29']), daysOf(2027, ['02-29'])], [['02-29'], []]);
  });

  it('are none in an empty list', () => assert.deepEqual(daysOf(2026, []), []));
});
