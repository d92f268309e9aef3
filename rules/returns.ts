import type { Returns } from '../schema/money.ts';
import { DAY_MS } from './zone-clock.ts';

export type ReturnFault = 'return_too_late' | 'return_reason_not_allowed';

/**
 * Why a sale may not be returned, or nothing.
 *
 * @param acceptedAt epoch milliseconds, as is `now`
 * @param reason code that came with it
 */
export function returnFault(
  returns: Returns | undefined,
  { acceptedAt, now, reason }: { acceptedAt: number; now: number; reason: string | undefined },
): ReturnFault | undefined {
  const { withinDays, reasons } = returns ?? {};
  if (withinDays !== undefined && now > acceptedAt + withinDays * DAY_MS) return 'return_too_late';
  if (reasons && !(reason !== undefined && reasons.includes(reason))) return 'return_reason_not_allowed';
  return undefined;
}
