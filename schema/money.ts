import { z } from 'zod';

const dollars = z.number().min(0).max(1_000_000_000);

/** What a seller gets of a buyer's price; the rest is the exchange's. */
export const payoutSchema = z
  .union([
    z.strictObject({ share: z.number().min(0).max(1).describe("Part of the buyer's price, to six decimals: 0.8") }),
    z.strictObject({ margin: dollars.describe("Kept of every buyer's price") }),
    z.strictObject({ fixed: dollars.describe('Paid for every sale, whatever its price') }),
  ])
  .describe('What the seller gets when a lead is sold, and sees as its price');
export type Payout = z.infer<typeof payoutSchema>;

export const clawbackSchema = z.boolean().describe('Whether a returned lead takes its payout back from the seller');

/** How a buyer pays. */
export const billingSchema = z
  .union([
    z.strictObject({ mode: z.literal('prepaid') }),
    z.strictObject({ mode: z.literal('credit'), limit: dollars.describe('What it may owe, in dollars') }),
  ])
  .describe('prepaid: it spends what was deposited. credit: it may owe up to a limit beyond that');
export type Billing = z.infer<typeof billingSchema>;

/** A reason of a return as it is written in reports: `bad_phone`. */
export const returnReasonSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower case letters, digits and _');

/** When and why a sold lead may be given back. */
export const returnsSchema = z.strictObject({
  withinDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('A return that comes later after the accept is refused. Default whenever'),
  reasons: z
    .array(returnReasonSchema)
    .min(1)
    .max(50)
    .optional()
    .describe('Codes one of which a return has to give. Default any, or none'),
  approval: z
    .enum(['auto', 'manual'])
    .optional()
    .describe('manual: it counts when an operator approves it (leadwire returns). Default auto'),
});
export type Returns = z.infer<typeof returnsSchema>;
