import { z } from 'zod';
import { buyerId, integrationId, sourceId } from './ids.ts';

export const STRATEGIES = [
  'highest_bid',
  'waterfall',
  'priority_tiers',
  'weighted',
  'round_robin',
  'fixed_price',
  'expected_value',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What integrations are grouped by. */
export const tagSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower case letters, digits, _ and -')
  .describe('Lower case letters, digits, _ and -');

export const groupSchema = z
  .strictObject({
    id: tagSchema,
    integrations: z.array(integrationId).min(1).max(200).optional().describe('Those of the group, in their order'),
    tag: tagSchema.optional().describe('In place of integrations: those with this tag'),
    strategy: z.enum(STRATEGIES).optional().describe("Default the auction's"),
    ifSold: z
      .enum(['stop', 'continue'])
      .optional()
      .describe('When one of the group took the lead: stop, or go on with the groups after it. Default stop'),
    maxBuyers: z.int().min(1).max(20).optional().describe("Buyers of this group. Default as many as the auction's"),
  })
  .refine(({ integrations, tag }) => (integrations === undefined) !== (tag === undefined), {
    message: 'has to have either integrations or a tag',
  });
export type GroupSettings = z.infer<typeof groupSchema>;

export const agreementSchema = z.strictObject({
  integration: integrationId.describe('Who has the agreement'),
  sources: z.array(sourceId).min(1).optional().describe('For leads of these sources. Default all'),
  states: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .min(1)
    .optional()
    .describe('For leads from these states. Default all'),
  price: z.number().positive().optional().describe('Taken at this price, without a ping. Default what it bids'),
});
export type AgreementSettings = z.infer<typeof agreementSchema>;

export const modifierSchema = z
  .strictObject({
    buyer: buyerId.optional(),
    integration: integrationId.optional(),
    source: sourceId.optional(),
    multiply: z.number().positive().max(100).optional().describe('The bid ranks as so many times itself'),
    add: z.number().min(-100_000).max(100_000).optional().describe('The bid ranks as so much higher, after multiply'),
    margin: z
      .union([
        z.strictObject({ share: z.number().min(0).max(1).describe('Part of the price, to six decimals') }),
        z.strictObject({ amount: z.number().min(0).max(1_000_000_000) }),
      ])
      .optional()
      .describe("Kept of the buyer's price: the bid ranks by what is left, and the seller is paid from it"),
  })
  .describe('For the bids of a buyer or integration, for leads of a source; default for every bid');
export type ModifierSettings = z.infer<typeof modifierSchema>;

export const priorSchema = z
  .strictObject({
    acceptance: z.number().min(0).max(1).optional().describe('Default 0.5'),
    posts: z.int().min(1).max(1000).optional().describe('How many posts it counts for. Default 10'),
  })
  .describe('What is believed of a buyer that nothing is known of: its acceptance, as if of so many posts');

/** Members of `auction` that say how bids are ranked. */
export const rankingShape = {
  strategy: z.enum(STRATEGIES).optional().describe('Default highest_bid'),
  hybrid: z
    .boolean()
    .optional()
    .describe(
      'With maxBuyers: to one buyer alone where its exclusive bid pays more than the best shared ones together',
    ),
  groups: z.array(groupSchema).max(50).optional().describe('Tried one after the other; the rest comes last'),
  agreements: z.array(agreementSchema).max(200).optional().describe('Who takes certain leads first and alone'),
  modifiers: z.array(modifierSchema).max(500).optional().describe('What bids rank as, and what is kept of them'),
  prior: priorSchema.optional(),
};
