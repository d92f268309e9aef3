import { LeadwireError } from '../../errors/leadwire-error.ts';

/** How long MongoDB may work on one part of a report, in milliseconds. */
export const MAX_TIME_MS = 15_000;
/** What it answers when an operation took longer than it may. */
const MAX_TIME_EXPIRED = 50;

/** The error to raise for one of MongoDB: `report_too_large` when it took too long, otherwise itself. */
export function asTooLarge(error: unknown): unknown {
  return (error as { code?: unknown }).code === MAX_TIME_EXPIRED ? new LeadwireError('report_too_large') : error;
}
