import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { capWindows, compileCaps } from '../../rules/caps.ts';
import type { Cap, CapPeriod } from '../../schema/filters.ts';

const ZONES = [
  'America/New_York',
  'America/Los_Angeles',
  'Europe/London',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'UTC',
  // Set their clocks at midnight: 00:00 is skipped or comes twice.
  'America/Havana',
  'America/Santiago',
  'Africa/Cairo',
  // Sets its clocks by half an hour.
  'Australia/Lord_Howe',
];
const cap = (per: CapPeriod): Cap => ({ count: 'accepted', max: 5, per });
const windowAt = (per: CapPeriod, at: Date | string, timezone = 'America/New_York') =>
  capWindows([cap(per)], 'int_acme', new Date(at), timezone)[0]!;

describe('cap windows', () => {
  const cases: [per: CapPeriod, at: string, id: string, startsAt?: string, endsAt?: string][] = [
    ['hour', '2026-11-21T19:30:00Z', 'hour:2026-11-21T14-05:00', '2026-11-21T19:00:00Z', '2026-11-21T20:00:00Z'],
    ['day', '2026-11-22T04:59:59Z', 'day:2026-11-21', '2026-11-21T05:00:00Z', '2026-11-22T05:00:00Z'],
    ['day', '2026-03-08T12:00:00Z', 'day:2026-03-08', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['day', '2026-11-01T12:00:00Z', 'day:2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['week', '2026-11-22T12:00:00Z', 'week:2026-11-16', '2026-11-16T05:00:00Z', '2026-11-23T05:00:00Z'],
    ['week', '2026-11-23T12:00:00Z', 'week:2026-11-23', '2026-11-23T05:00:00Z', '2026-11-30T05:00:00Z'],
    ['month', '2026-12-31T12:00:00Z', 'month:2026-12', '2026-12-01T05:00:00Z', '2027-01-01T05:00:00Z'],
    ['month', '2026-11-30T12:00:00Z', 'month:2026-11', '2026-11-01T04:00:00Z', '2026-12-01T05:00:00Z'],
    ['total', '2026-11-21T12:00:00Z', 'total'],
  ];
  for (const [per, at, id, startsAt, endsAt] of cases) {
    it(`${id} in New York`, () => {
      assert.deepEqual(windowAt(per, at), {
        id: `int_acme:accepted:${id}`,
        kind: 'accepted',
        per,
        max: 5,
        startsAt: startsAt && new Date(startsAt),
        endsAt: endsAt && new Date(endsAt),
      });
    });
  }

  it('tells the hour that a clock change repeats apart', () => {
    const first = windowAt('hour', '2026-11-01T05:30:00Z');
    const second = windowAt('hour', '2026-11-01T06:30:00Z');
    assert.deepEqual(
      [first.id, second.id],
      ['int_acme:accepted:hour:2026-11-01T01-04:00', 'int_acme:accepted:hour:2026-11-01T01-05:00'],
    );
    assert.deepEqual(first.endsAt, second.startsAt);
  });

  it('starts a day at its first instant where midnight is skipped or repeated', () => {
    assert.deepEqual(
      windowAt('day', '2026-03-08T18:00:00Z', 'America/Havana').startsAt,
      new Date('2026-03-08T05:00:00Z'),
    );
    assert.deepEqual(
      windowAt('day', '2026-11-01T18:00:00Z', 'America/Havana').startsAt,
      new Date('2026-11-01T04:00:00Z'),
    );
  });

  it('counts revenue in micro-dollars', () => {
    const [window] = capWindows([{ revenue: 2000.1, per: 'month' }], 'int_acme', new Date('2026-11-21'), 'UTC');
    assert.equal(window?.id, 'int_acme:revenue:month:2026-11');
    assert.equal(window?.max, 2_000_100_000);
  });

  it('shares a counter between equal caps, and the lowest maximum holds', () => {
    const caps: Cap[] = [
      { count: 'sent', max: 9, per: 'day' },
      { count: 'accepted', max: 50, per: 'day' },
      { count: 'accepted', max: 20, per: 'day' },
      { count: 'accepted', max: 30, per: 'day' },
      { count: 'accepted', max: 3, per: 'hour' },
    ];
    const windows = capWindows(caps, 'int_acme', new Date('2026-11-21T12:00:00Z'), 'UTC');
    assert.deepEqual(
      windows.map(({ id, max }) => [id, max]),
      [
        ['int_acme:accepted:hour:2026-11-21T12+00:00', 3],
        ['int_acme:accepted:day:2026-11-21', 20],
        ['int_acme:sent:day:2026-11-21', 9],
      ],
    );
  });

  it('keeps the id when only a maximum changes', () => {
    const idAt = (max: number) => capWindows([{ count: 'sent', max, per: 'day' }], 'int_a', new Date(0), 'UTC')[0]?.id;
    assert.equal(idAt(1), idAt(2));
  });

  const moments = fc.record({
    at: fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
    zone: fc.constantFrom(...ZONES),
    per: fc.constantFrom<CapPeriod>('hour', 'day', 'week', 'month'),
  });

  it('tile time without gap or overlap, each under one id', () => {
    fc.assert(
      fc.property(moments, ({ at, zone, per }) => {
        const here = windowAt(per, at, zone);
        const startsAt = here.startsAt!;
        const endsAt = here.endsAt!;
        assert.ok(startsAt <= at && at < endsAt);
        for (const inside of [startsAt, new Date(endsAt.getTime() - 1)])
          assert.deepEqual(windowAt(per, inside, zone), here);
        const next = windowAt(per, endsAt, zone);
        assert.deepEqual(next.startsAt, endsAt);
        const before = windowAt(per, new Date(startsAt.getTime() - 1), zone);
        assert.deepEqual(before.endsAt, startsAt);
        assert.equal(new Set([before.id, here.id, next.id]).size, 3);
      }),
      { numRuns: 1000 },
    );
  });

  for (const zone of ZONES) {
    it(`tile every hour of a year in ${zone}`, () => {
      const windowsAt = compileCaps([cap('hour')], 'int_acme', zone);
      const ids = new Set<string>();
      let at = new Date('2026-01-01');
      while (at < new Date('2027-01-01')) {
        const window = windowsAt(at)[0]!;
        assert.ok(window.startsAt! <= at && window.endsAt! > at && !ids.has(window.id), window.id);
        if (ids.size > 0) assert.deepEqual(window.startsAt, at);
        ids.add(window.id);
        at = window.endsAt!;
      }
    });
  }

  it('come out the same from one compilation as from many', () => {
    const caps = (['hour', 'day', 'week', 'month', 'total'] as const).map(cap);
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.array(moments, { minLength: 1, maxLength: 20 }), (zone, instants) => {
        const windowsAt = compileCaps(caps, 'int_acme', zone);
        for (const { at } of instants) assert.deepEqual([...windowsAt(at)], capWindows(caps, 'int_acme', at, zone));
      }),
    );
  });
});

describe('caps by weekday and source', () => {
  const MINUTE = 60_000;
  const at = (text: string) => new Date(text);
  const shown = (caps: Cap[], when: string, source?: string) =>
    capWindows(caps, 'buy_a', at(when), 'America/New_York', source).map(({ id, max }) => [id, max]);

  it('that name a weekday take the place of those that name none', () => {
    const caps: Cap[] = [
      { count: 'accepted', max: 50, per: 'day' },
      { count: 'accepted', max: 80, per: 'day', on: 'sat-sun' },
      { count: 'accepted', max: 5, per: 'hour', on: ['fri'] },
    ];
    assert.deepEqual(shown(caps, '2026-11-21T12:00:00Z'), [['buy_a:accepted:day:2026-11-21', 80]]);
    assert.deepEqual(shown(caps, '2026-11-20T12:30:00Z'), [
      ['buy_a:accepted:hour:2026-11-20T07-05:00', 5],
      ['buy_a:accepted:day:2026-11-20', 50],
    ]);
    assert.deepEqual(shown(caps, '2026-11-19T12:30:00Z'), [['buy_a:accepted:day:2026-11-19', 50]]);
  });

  it('count each source for itself, or one that is named', () => {
    const caps: Cap[] = [
      { count: 'sent', max: 100, per: 'total' },
      { count: 'sent', max: 10, per: 'total', source: 'each' },
      { count: 'sent', max: 40, per: 'total', source: 'src_best' },
    ];
    const when = '2026-11-21T12:00:00Z';
    assert.deepEqual(shown(caps, when, 'src_a'), [
      ['buy_a@src_a:sent:total', 10],
      ['buy_a:sent:total', 100],
    ]);
    assert.deepEqual(shown(caps, when, 'src_best'), [
      ['buy_a@src_best:sent:total', 40],
      ['buy_a:sent:total', 100],
    ]);
    assert.deepEqual(shown(caps, when), [['buy_a:sent:total', 100]]);
  });

  it('are those of the day on the wall clock, whatever was asked before, on the days when clocks change too', () => {
    const maxima = [1, 2, 3, 4, 5, 6, 7];
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
    const caps: Cap[] = maxima.map((max, day) => ({ count: 'accepted', max, per: 'hour', on: [days[day]!] }));
    const moment = fc.oneof(
      fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
      ...['2026-03-08T05:00:00Z', '2026-11-01T04:00:00Z'].map((change) =>
        fc.integer({ min: -60, max: 26 * 60 }).map((minutes) => new Date(Date.parse(change) + minutes * MINUTE)),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.array(moment, { minLength: 1, maxLength: 20 }), (zone, instants) => {
        const windowsAt = compileCaps(caps, 'int_acme', zone);
        for (const instant of instants) {
          const weekday = DateTime.fromJSDate(instant, { zone }).weekday;
          assert.deepEqual(
            windowsAt(instant).map(({ max }) => max),
            [weekday],
          );
        }
      }),
    );
  });
});
