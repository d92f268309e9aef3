import { z } from 'zod';
import { fieldSchema } from './field.ts';
import { buyerId, campaignId, integrationId, sellerId, sourceId } from './ids.ts';

export const STRATEGIES = ['highest_bid', 'waterfall'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const auctionSchema = z.strictObject({
  strategy: z.enum(STRATEGIES).optional().describe('Default highest_bid'),
  minPrice: z.number().min(0).optional().describe('Floor for every bid. Default 0'),
  pingTimeoutMs: z.int().min(50).max(10_000).optional().describe('Default 1500'),
  deadlineMs: z.int().min(500).max(60_000).optional().describe('How long the seller waits for an answer. Default 8000'),
  sellWithinMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .optional()
    .describe('How long the lead may be offered in all; no new post after that. Default 300000'),
  bidStandsMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .optional()
    .describe('How long a bid without an expiry stands. Default 60000'),
  maxPosts: z.int().min(1).max(50).optional().describe('Posts a lead may take. Default 10'),
  maxBuyers: z.int().min(1).max(20).optional().describe('Buyers a lead may be sold to: 1 is exclusive. Default 1'),
  noBuyer: z
    .enum(['reject', 'hold', 'default'])
    .optional()
    .describe('What happens to a lead nobody buys. Default reject'),
  defaultBuyer: integrationId.optional().describe('Integration that takes what nobody buys (noBuyer: default)'),
  holdMinutes: z.int().min(1).max(43_200).optional().describe('How long a held lead is kept. Default 1440'),
});
export type AuctionSettings = z.infer<typeof auctionSchema>;

export const campaignSchema = z.strictObject({
  id: campaignId,
  name: z.string().min(1).max(200),
  paused: z.boolean().optional().describe('Default false'),
  timezone: z.string().describe('IANA name; caps and schedules go by it'),
  fields: z.array(fieldSchema).max(500),
  auction: auctionSchema.optional(),
  dedupe: z
    .strictObject({
      fields: z.array(z.string()).min(1).describe('Two leads with the same values here are duplicates'),
      withinDays: z.int().min(1).max(365),
    })
    .optional(),
});
export type Campaign = z.infer<typeof campaignSchema>;

export const sellerSchema = z.strictObject({ id: sellerId, name: z.string().min(1).max(200) });
export type Seller = z.infer<typeof sellerSchema>;

export const sourceSchema = z.strictObject({
  id: sourceId,
  seller: sellerId,
  name: z.string().max(200).optional(),
  paused: z.boolean().optional().describe('Default false'),
  campaigns: z.array(campaignId).optional().describe('Campaigns it may post to. Default all'),
});
export type Source = z.infer<typeof sourceSchema>;

export const buyerSchema = z.strictObject({
  id: buyerId,
  name: z.string().min(1).max(200),
  paused: z.boolean().optional().describe('Default false'),
});
export type Buyer = z.infer<typeof buyerSchema>;
