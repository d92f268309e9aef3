import { z } from 'zod';
import { alertSchema } from './alert.ts';
import { rankingShape } from './auction.ts';
import { campaignEventSchema } from './event.ts';
import { fieldSchema } from './field.ts';
import { capSchema, sourceCapSchema } from './filters.ts';
import { buyerId, campaignId, eventId, eventListId, integrationId, sellerId, sourceId } from './ids.ts';
import { healthSchema } from './health.ts';
import { billingSchema, clawbackSchema, payoutSchema } from './money.ts';
import { sourcePostbackSchema } from './postback.ts';
import { scoreSchema } from './score.ts';
import { campaignTrackingSchema, landingUrlSchema } from './tracking.ts';

export const auctionSchema = z.strictObject({
  ...rankingShape,
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
  pingAnswer: z
    .enum(['best', 'all'])
    .optional()
    .describe('What a ping is answered with: the best bid, or all of them, to choose from. Default best'),
  afterReject: z
    .enum(['continue', 'ask'])
    .optional()
    .describe(
      'A posted ping whose buyer says no: offer it to the next bidder, or ask the seller first when that pays less. Default continue',
    ),
  holdMinutes: z.int().min(1).max(43_200).optional().describe('How long a held lead is kept. Default 1440'),
  holdRetryMinutes: z
    .int()
    .min(1)
    .max(43_200)
    .optional()
    .describe('How often a held lead is offered anew, beside whenever a schedule opens. Default 60'),
  maxAuctions: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe('Times buyers are asked for bids: again when all that is left has expired. Default 3'),
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
      against: z
        .enum(['all', 'sold'])
        .optional()
        .describe('Which earlier leads count: all, or those that were sold or still may be. Default all'),
      pings: z
        .enum(['exempt', 'check'])
        .optional()
        .describe('Whether a ping with all the fields is answered as a duplicate already. Default exempt'),
    })
    .optional(),
  payout: payoutSchema.optional().describe('What sources without terms of their own get. Default the whole price'),
  clawback: clawbackSchema
    .optional()
    .describe('Whether a return takes the payout back from sources that do not say. Default true'),
  health: healthSchema
    .optional()
    .describe('When its integrations that fail are left out for a while. Each may have its own. false: never'),
  score: scoreSchema.optional().describe('Scores each lead from 0 to 100: lead.score'),
  events: z
    .array(z.union([eventId, campaignEventSchema]))
    .max(200)
    .optional()
    .describe('Events of this campaign, by their id or with what is different here. Default every event'),
  eventLists: z
    .array(eventListId)
    .max(50)
    .optional()
    .describe('Lists whose events the campaign has beside its own; with them `events` is none by default'),
  alerts: z.array(alertSchema).max(50).optional().describe('What operators are told of this campaign'),
  tracking: campaignTrackingSchema.optional().describe('Clicks, and pages that talk to this campaign'),
});
export type Campaign = z.infer<typeof campaignSchema>;

/** Requests that an API key may make. */
export const rateLimitSchema = z.strictObject({
  perSecond: z.int().min(1).max(100_000).optional().describe('Requests of a key in a second'),
  perMinute: z.int().min(1).max(1_000_000).optional().describe('Requests of a key in a minute'),
});
export type RateLimit = z.infer<typeof rateLimitSchema>;
const rateLimit = rateLimitSchema
  .optional()
  .describe('Requests each of its API keys may make. Default as the node has it');

export const sellerSchema = z.strictObject({ id: sellerId, name: z.string().min(1).max(200), rateLimit });
export type Seller = z.infer<typeof sellerSchema>;

const capTimezone = z.string().optional().describe("IANA name that its caps go by. Default the lead's campaign's");

/** What a buyer has had before is not sent to it again, whatever the campaign. */
export const buyerDedupeSchema = z.strictObject({
  fields: z.array(z.string()).min(1).max(10).describe('Leads with the same values here are the same to this buyer'),
  withinDays: z.int().min(1).max(3650),
});
export type BuyerDedupe = z.infer<typeof buyerDedupeSchema>;

export const sourceSchema = z.strictObject({
  id: sourceId,
  seller: sellerId,
  name: z.string().max(200).optional(),
  paused: z.boolean().optional().describe('Default false'),
  campaigns: z.array(campaignId).optional().describe('Campaigns it may post to. Default all'),
  rateLimit,
  caps: z.array(sourceCapSchema).max(20).optional().describe('Caps on what is sold of its leads, in all its campaigns'),
  timezone: capTimezone,
  payout: payoutSchema.optional().describe("What its seller gets of a price. Default the campaign's"),
  clawback: clawbackSchema.optional().describe("Whether a return takes its payout back. Default the campaign's"),
  minPrice: z.number().min(0).optional().describe('Floor for the bids for its leads. Default 0'),
  landingUrl: landingUrlSchema.optional().describe("Where its clicks are sent on to. Default the campaign's"),
  postbacks: z.array(sourcePostbackSchema).max(20).optional().describe('Where it is told what became of its leads'),
});
export type Source = z.infer<typeof sourceSchema>;

export const buyerSchema = z.strictObject({
  id: buyerId,
  name: z.string().min(1).max(200),
  paused: z.boolean().optional().describe('Default false'),
  rateLimit,
  caps: z.array(capSchema).max(50).optional().describe('Caps on all its integrations together, in all their campaigns'),
  timezone: capTimezone,
  dedupe: buyerDedupeSchema.optional().describe('Leads that it is never sent twice. Default none'),
  daysToPay: z.int().min(0).max(365).optional().describe('Seen by rules as integration.days_to_pay'),
  billing: billingSchema.optional().describe('How it pays. Default afterwards, without a limit'),
});
export type Buyer = z.infer<typeof buyerSchema>;
