import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { checkSchedule, isOpen, nextOpening } from '../../rules/schedule.ts';
import { DAYS, type Slot } from '../../schema/filters.ts';

const NEW_YORK = 'America/New_York';
const local = (text: string, zone = NEW_YORK) => DateTime.fromISO(text, { zone }).toJSDate();
const openAt = (slot: Slot, text: string) => isOpen([slot], local(text), NEW_YORK);

describe('schedule', () => {
  const office: Slot = { days: 'mon-fri', from: '08:00', to: '20:00' };
  const night: Slot = { days: 'fri', from: '22:00', to: '02:00' };
  const cases: [what: string, slot: Slot, at: string, open: boolean][] = [
    ['opens at its start', office, '2026-11-20T08:00', true],
    ['is closed a moment before', office, '2026-11-20T07:59:59.999', false],
    ['is open until just before its end', office, '2026-11-20T19:59:59.999', true],
    ['is closed at its end', office, '2026-11-20T20:00', false],
    ['is closed on other days', office, '2026-11-21T12:00', false],
    ['goes over midnight into the next day', night, '2026-11-21T01:59', true],
    ['ends there', night, '2026-11-21T02:00', false],
    ['did not start the night before', night, '2026-11-20T01:00', false],
    ['goes over midnight from Sunday into Monday', { ...night, days: 'sun' }, '2026-11-23T01:00', true],
    ['may end at midnight', { days: 'sun', from: '12:00', to: '24:00' }, '2026-11-22T23:59', true],
    ['may end at midnight, said as 00:00', { days: 'sun', from: '12:00', to: '00:00' }, '2026-11-22T23:59', true],
    ['ends at midnight', { days: 'sun', from: '12:00', to: '00:00' }, '2026-11-23T00:00', false],
    ['takes a list of days', { ...office, days: ['tue', 'sat'] }, '2026-11-21T12:00', true],
    ['takes a single day', { ...office, days: 'sat' }, '2026-11-21T12:00', true],
    ['takes a range over the weekend', { ...office, days: 'sat-mon' }, '2026-11-23T12:00', true],
    ['leaves the days out of such a range', { ...office, days: 'sat-mon' }, '2026-11-24T12:00', false],
  ];
  for (const [what, slot, at, open] of cases) it(what, () => assert.equal(openAt(slot, at), open));

  it('is always open without slots', () => {
    assert.ok(isOpen(undefined, new Date(), NEW_YORK));
    assert.ok(isOpen([], new Date(), NEW_YORK));
  });

  it('keeps to the wall clock on both sides of a clock change', () => {
    for (const day of ['2026-03-07', '2026-03-08', '2026-03-09', '2026-10-31', '2026-11-01', '2026-11-02']) {
      const slot: Slot = { ...office, days: [...DAYS] };
      assert.ok(!openAt(slot, `${day}T07:59`) && openAt(slot, `${day}T08:00`), day);
      assert.ok(openAt(slot, `${day}T19:59`) && !openAt(slot, `${day}T20:00`), day);
    }
  });

  it('is open in both turns of a repeated hour', () => {
    const slot: Slot = { days: 'sun', from: '01:00', to: '02:00' };
    assert.ok(isOpen([slot], new Date('2026-11-01T05:30:00Z'), NEW_YORK));
    assert.ok(isOpen([slot], new Date('2026-11-01T06:30:00Z'), NEW_YORK));
    assert.ok(!isOpen([slot], new Date('2026-11-01T07:00:00Z'), NEW_YORK));
  });

  it('lets a slot have a time zone of its own', () => {
    const slots: Slot[] = [{ days: 'fri', from: '09:00', to: '10:00', timezone: 'Asia/Kolkata' }, night];
    assert.ok(isOpen(slots, local('2026-11-20T09:30', 'Asia/Kolkata'), NEW_YORK));
    assert.ok(!isOpen(slots, local('2026-11-20T09:30'), NEW_YORK));
    assert.ok(isOpen(slots, local('2026-11-20T23:00'), NEW_YORK));
  });

  const clock = fc.record({ hour: fc.nat(23), minute: fc.nat(59) });
  const timeText = ({ hour, minute }: { hour: number; minute: number }) =>
    `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  const slots = fc.array(
    fc
      .record<Slot>({
        days: fc.subarray([...DAYS], { minLength: 1 }),
        from: clock.map(timeText),
        to: fc.oneof(clock.map(timeText), fc.constant('24:00')),
      })
      .filter(({ from, to }) => from !== to),
    { minLength: 1, maxLength: 3 },
  );
  const instants = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true });
  const zones = fc.constantFrom(NEW_YORK, 'Europe/London', 'America/Havana', 'Australia/Lord_Howe', 'UTC');

  it('agrees with a calendar library, minute for minute', () => {
    fc.assert(
      fc.property(slots, instants, zones, (list, at, zone) => {
        const now = DateTime.fromJSDate(at, { zone });
        const yesterday = DAYS[(now.weekday + 5) % 7]!;
        const time = now.toFormat('HH:mm');
        const expected = list.some(({ days, from, to }) => {
          const today = days.includes(DAYS[now.weekday - 1] as never);
          if (from < to) return today && time >= from && time < to;
          return (today && time >= from) || (days.includes(yesterday as never) && time < to);
        });
        assert.equal(isOpen(list, at, zone), expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds the first opening, and none before it', () => {
    fc.assert(
      fc.property(slots, instants, zones, fc.nat(1000), (list, at, zone, part) => {
        const opening = nextOpening(list, at, zone)!;
        assert.ok(opening >= at && isOpen(list, opening, zone));
        if (opening > at) {
          const before = at.getTime() + ((opening.getTime() - 1 - at.getTime()) * part) / 1000;
          assert.ok(!isOpen(list, new Date(before), zone));
          assert.ok(!isOpen(list, new Date(opening.getTime() - 1), zone));
        }
      }),
    );
  });

  it('opens at the end of the hour that a clock change skips', () => {
    const slot: Slot = { days: 'sun', from: '02:30', to: '04:00' };
    assert.deepEqual(nextOpening([slot], local('2026-03-08T01:00'), NEW_YORK), new Date('2026-03-08T07:00:00Z'));
  });

  it('waits another week when the whole slot is skipped', () => {
    const slot: Slot = { days: 'sun', from: '02:00', to: '03:00' };
    assert.deepEqual(nextOpening([slot], local('2026-03-08T01:00'), NEW_YORK), local('2026-03-15T02:00'));
  });

  it('is open now when it is', () => {
    const at = local('2026-11-20T12:34:56');
    assert.equal(nextOpening([office], at, NEW_YORK), at);
  });

  it('is checked for what its shape cannot tell', () => {
    const issues = checkSchedule(
      [
        office,
        { ...office, to: '08:00' },
        { ...office, from: '24:00' },
        { ...office, timezone: 'Mars/Olympus' },
        { ...office, timezone: 'Europe/London' },
      ],
      'schedule',
    );
    assert.deepEqual(
      issues.map(({ path, code }) => [path, code]),
      [
        ['schedule[1].to', 'empty_slot'],
        ['schedule[2].from', 'wrong_value'],
        ['schedule[3].timezone', 'unknown_timezone'],
      ],
    );
  });
});
