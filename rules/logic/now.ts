import { DAYS, type Day } from '../../schema/filters.ts';
import { createZoneClock, dateText, weekdayOf } from '../zone-clock.ts';

/** The moment as rules see it, on the wall clock of a time zone. */
export interface RuleNow {
  /** yyyy-mm-dd */
  date: string;
  /** hh:mm, 24 hours */
  time: string;
  hour: number;
  minute: number;
  day: Day;
  /** Monday is 1, Sunday is 7. */
  weekday: number;
  /** Seconds since 1970 */
  unix: number;
}

export const NOW_NAMES: readonly (keyof RuleNow)[] = ['date', 'time', 'hour', 'minute', 'day', 'weekday', 'unix'];

/** Reads moments for rules. Throws when no time zone has this name. */
export function createRuleNow(timezone: string): (at: Date) => RuleNow {
  const clock = createZoneClock(timezone);
  return (at) => {
    const instant = at.getTime();
    const day = clock.dayOf(instant);
    const minutes = clock.minuteOf(instant);
    const hour = Math.floor(minutes / 60);
    const minute = minutes % 60;
    return {
      date: dateText(day),
      time: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
      hour,
      minute,
      day: DAYS[weekdayOf(day)] ?? 'mon',
      weekday: weekdayOf(day) + 1,
      unix: Math.floor(instant / 1000),
    };
  };
}
