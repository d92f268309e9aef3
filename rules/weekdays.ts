import { DAYS, type Days } from '../schema/filters.ts';

/** The weekdays that a day, a range or a list names; Monday is 0. A range may go over the weekend: fri-mon. */
export function weekdaysOf(days: Days): number[] {
  const index = (day: string) => (DAYS as readonly string[]).indexOf(day);
  if (typeof days !== 'string') return days.map(index);
  const [first = days, last = first] = days.split('-');
  const count = ((index(last) - index(first) + 7) % 7) + 1;
  return Array.from({ length: count }, (_, nth) => (index(first) + nth) % 7);
}
