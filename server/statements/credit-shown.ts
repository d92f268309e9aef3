import { z } from 'zod';
import type { Credit } from '../../rules/billing.ts';
import { toDecimal } from '../../rules/money.ts';

/** How the account of a buyer with billing stands, in dollars. */
export const shownCredit = z.object({
  mode: z.enum(['prepaid', 'credit']),
  limit: z.number(),
  balance: z.number().describe('Of the account: below zero it owes'),
  reserved: z.number().describe('For leads that are not decided yet'),
  available: z.number().describe('What it can still buy for'),
});

export function creditShown({ mode, limit, balance, reserved, available }: Credit): z.output<typeof shownCredit> {
  return {
    mode,
    limit: toDecimal(limit),
    balance: toDecimal(balance),
    reserved: toDecimal(reserved),
    available: toDecimal(available),
  };
}
