import assert from 'node:assert/strict';
import fc from 'fast-check';
import { costAfter, joinTracking } from '../../rules/cost.ts';
import { TRACKING } from '../../rules/fields/tracking.ts';
import { reportDays } from '../../rules/report/days.ts';
import { TRACKING_DIMENSIONS } from '../../rules/report/dimensions.ts';
import { addFigures, noFigures, shownFigures, type Figures } from '../../rules/report/figures.ts';
import { newTransactionId, transactionIdsFrom } from '../../rules/transaction-id.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const zone = (timezone: string, from?: string, to?: string) => reportDays({ from, to, timezone }, NOW);
const instants = (days: ReturnType<typeof reportDays>) =>
  'bounds' in days ? days.bounds.map((at) => new Date(at).toISOString()) : days;

describe('days of a report', () => {
  it('are the seven up to today, where the clock shows it', () => {
    const inUtc = zone('UTC');
    assert.deepEqual('dates' in inUtc && [inUtc.dates.at(0), inUtc.dates.at(-1)], ['2026-11-15', '2026-11-21']);
    const inNewYork = zone('America/New_York');
    assert.deepEqual('dates' in inNewYork && [inNewYork.dates.at(0), inNewYork.dates.at(-1)], [
      '2026-11-14',
      '2026-11-20',
    ]);
  });

  it('begin at their first instant, with 25 hours where the clock is set back', () => {
    assert.deepEqual(instants(zone('America/New_York', '2026-10-31', '2026-11-01')), [
      '2026-10-31T04:00:00.000Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ]);
  });

  it('have nothing in them where the calendar leaves one out', () => {
    const days = zone('Pacific/Apia', '2011-12-29', '2011-12-31');
    assert.ok('bounds' in days);
    assert.deepEqual(days.dates, ['2011-12-29', '2011-12-30', '2011-12-31']);
    assert.equal(days.bounds[1], days.bounds[2]);
  });

  it('cannot end before they begin, be too many, or lie before there were any', () => {
    assert.deepEqual(zone('UTC', '2026-11-02', '2026-11-01'), {
      parameter: 'to',
      message: 'from must not be after to',
    });
    assert.ok('parameter' in zone('UTC', '2026-11-22'));
    assert.ok('dates' in zone('UTC', '2024-01-01', '2024-12-31'));
    assert.ok('parameter' in zone('UTC', '2023-12-31', '2024-12-31'));
    assert.ok('parameter' in zone('UTC', '0001-01-01', '0001-01-02'));
    assert.ok('dates' in zone('Asia/Tokyo', '9999-12-31', '9999-12-31'));
  });
});

describe('ids by time', () => {
  it('sort behind what begins their millisecond and before the next', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.uint8Array({ minLength: 10, maxLength: 10 }), (at, random) => {
        const id = newTransactionId(at, random);
        assert.ok(transactionIdsFrom(at) < id && id < transactionIdsFrom(at + 1));
        assert.ok(`${id}:1:sale` < transactionIdsFrom(at + 1));
      }),
    );
  });
});

describe('tracking fields of a report', () => {
  it('are texts that every lead may carry', () => {
    const texts = TRACKING.filter(({ type }) => type === 'text').map(({ name }) => name);
    const split = texts.filter((name) => /^(sub\d|adv\d|utm_\w+)$/.test(name));
    assert.deepEqual([...TRACKING_DIMENSIONS].sort(), split.sort());
  });
});

describe('cost of a lead', () => {
  it('is added to, taken from or replaced', () => {
    assert.equal(costAfter(2_000_000, {}), 2_000_000);
    assert.equal(costAfter(2_000_000, { cost: 0.1 }), 100_000);
    assert.equal(costAfter(2_000_000, { cost: 0.1, cost_operation: 'override' }), 100_000);
    assert.equal(costAfter(2_000_000, { cost: 0.1, cost_operation: 'add' }), 2_100_000);
    assert.equal(costAfter(2_000_000, { cost: 0.1, cost_operation: 'subtract' }), 1_900_000);
    assert.equal(costAfter(2_000_000, { cost: 0.1, cost_operation: 'substract' }), 1_900_000);
  });

  it('of a lead that comes in two parts is that of both', () => {
    const click = { cost: 0.3, cost_operation: 'add', sub1: 'a', sub2: 'b' };
    assert.deepEqual(joinTracking(click, { sub2: 'c' }), { ...click, sub2: 'c' });
    assert.deepEqual(joinTracking(click, { cost_operation: 'subtract' }), click);
    assert.deepEqual(joinTracking(click, { cost: 2 }), { cost: 2, sub1: 'a', sub2: 'b' });
    assert.deepEqual(joinTracking(click, { cost: 0.1, cost_operation: 'add' }), { cost: 0.4, sub1: 'a', sub2: 'b' });
    assert.deepEqual(joinTracking({}, { cost: 0.1, cost_operation: 'subtract' }), { cost: -0.1 });
  });

  it('is exact to a micro-dollar', () => {
    const micros = fc.integer({ min: -(10 ** 15), max: 10 ** 15 });
    fc.assert(fc.property(micros, (amount) => assert.equal(costAfter(7, { cost: amount / 1_000_000 }), amount)));
  });
});

describe('figures of a report', () => {
  it('are the same summed in any order and shown in dollars', () => {
    const amount = fc.integer({ min: -(10 ** 12), max: 10 ** 12 });
    const figures = fc.record(
      { leads: fc.nat(1000), cost: amount, adSpend: amount, revenue: amount },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(figures, { maxLength: 20 }), (parts) => {
        const there = summed(parts);
        assert.deepEqual(summed([...parts].reverse()), there);
        const shown = shownFigures('seller', there);
        assert.ok('profit' in shown);
        assert.equal(Math.round(shown.profit * 1e6), there.revenue - there.cost - there.adSpend);
      }),
    );
  });

  it('have no ROI when nothing was spent', () => {
    const roi = (changes: Partial<Figures>) => {
      const shown = shownFigures('seller', summed([changes]));
      return 'roi' in shown && shown.roi;
    };
    assert.equal(roi({ revenue: 5_000_000 }), null);
    assert.equal(roi({ revenue: 5_000_000, cost: -1_000_000 }), null);
    assert.equal(roi({ revenue: 5_000_000, cost: 4_000_000 }), 0.25);
    assert.equal(roi({ revenue: 5_000_000, cost: 2_000_000, adSpend: 2_000_000 }), 0.25);
    assert.equal(roi({ revenue: 0, cost: 3_000_000 }), -1);
    assert.equal(roi({ revenue: 4_000_000, cost: 3_000_000 }), 0.333333);
  });

  it('of a buyer say nothing about the seller', () => {
    const shown = shownFigures(
      'buyer',
      summed([{ leads: 2, conversions: 1, cost: 12_500_000, revenue: 9, clicks: 3 }]),
    );
    assert.deepEqual(shown, { leads: 2, conversions: 1, returns: 0, cost: 12.5 });
  });
});

function summed(parts: readonly Partial<Figures>[]): Figures {
  const sum = noFigures();
  for (const part of parts) addFigures(sum, part);
  return sum;
}
