import { CommandFailure } from './terminal.ts';

/** A day or moment as an option gives it; undefined when it was not given. */
export function momentOf(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(moment.getTime())) throw new CommandFailure([`${option} ${text} is no moment such as 2026-11-01`]);
  return moment;
}
