import { z } from 'zod';
import { capSchema, geoSchema, ruleBodySchema, slotSchema } from './filters.ts';
import { buyerId, campaignId, eventId, integrationId, ruleId } from './ids.ts';
import { operationSchema } from './mapping.ts';
import { buyerPostbackSchema } from './postback.ts';

export const CATEGORIES = ['CRM', 'Dialer', 'Enrichment', 'Compliance', 'Click Network', 'Buyer', 'Custom'] as const;
export type Category = (typeof CATEGORIES)[number];

/** When an integration runs. */
export const MOMENTS = ['before_ping', 'buyer', 'after_outcome', 'on_event'] as const;
export type Moment = (typeof MOMENTS)[number];

/** The outcomes an integration can run after: those of leads that were offered to buyers. */
export const FOLLOWED_OUTCOMES = ['sold', 'rejected', 'expired', 'held', 'pending', 'unknown'] as const;

/** The requests an integration can make; each moment needs its own. */
export const OPERATIONS = ['ping', 'post', 'status', 'check', 'enrich', 'deliver'] as const;
export type OperationName = (typeof OPERATIONS)[number];

const deadline = z.strictObject({
  afterMinutes: z.int().min(1).max(129_600),
  as: z.enum(['accepted', 'rejected']).optional().describe('How it settles then. Default rejected'),
});

export const integrationSchema = z.strictObject({
  id: integrationId,
  name: z.string().max(200).optional(),
  campaign: campaignId,
  buyer: buyerId.optional().describe('Whom a lead is sold to; needed when it runs as a buyer'),
  category: z.enum(CATEGORIES),
  when: z
    .enum(MOMENTS)
    .optional()
    .describe(
      'Default by category: Buyer as a buyer, Enrichment and Compliance before the ping, others after the outcome',
    ),
  outcomes: z
    .array(z.enum(FOLLOWED_OUTCOMES))
    .optional()
    .describe('after_outcome: which outcomes it runs for. Default [sold]'),
  events: z.array(eventId).max(200).optional().describe('on_event: which events it runs for. Default all'),
  after: z.array(integrationId).optional().describe('before_ping: integrations whose captured values it needs'),
  optional: z
    .boolean()
    .optional()
    .describe('before_ping: a failure or skip does not end the lead. Default: true except for Compliance'),
  stages: z
    .enum(['both', 'ping', 'post'])
    .optional()
    .describe('before_ping, for leads that come as a ping and a post: whether it runs at both. Default both'),
  paused: z.boolean().optional().describe('Default false'),
  connector: z.string().optional().describe('Default custom: everything is configured here'),
  config: z.record(z.string(), z.json()).optional().describe('Values that mappings see as config.<name>'),
  secrets: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/i))
    .optional()
    .describe('Names of credentials; values are set apart (leadwire secret set) and seen as secrets.<name>'),
  rule: z.union([ruleId, ruleBodySchema]).optional().describe('JSON-Logic, steps of if and then, or the id of a rule'),
  caps: z.array(capSchema).max(20).optional(),
  schedule: z.array(slotSchema).max(100).optional(),
  geo: geoSchema.optional(),
  priority: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Waterfall order, and tie-break of equal bids: lower goes first. Default 100'),
  price: z.number().positive().optional().describe('Fixed price of a buyer without a ping'),
  ping: operationSchema.optional(),
  post: operationSchema.optional(),
  status: operationSchema.optional().describe('Asks the buyer what became of a post that got no clear answer'),
  check: operationSchema.optional().describe('Compliance: may this lead be sold?'),
  enrich: operationSchema.optional().describe('Enrichment: captured values join the lead'),
  deliver: operationSchema.optional().describe('Delivery after the outcome (CRM, dialer, custom)'),
  postback: buyerPostbackSchema.optional().describe('How its buyer says later what became of a delivery'),
  returns: z
    .strictObject({
      withinDays: z.int().min(1).max(3650).describe('A return that comes later after the accept is refused'),
    })
    .optional()
    .describe('When a sold lead may be returned. Default whenever'),
  idempotent: z
    .boolean()
    .optional()
    .describe('The buyer takes the same Idempotency-Key twice as one lead. Default false'),
  deadlines: z
    .strictObject({ unknown: deadline.optional(), pending: deadline.optional() })
    .optional()
    .describe('When a delivery without a clear answer settles by itself. Default: after 72 hours, as rejected'),
});
export type Integration = z.infer<typeof integrationSchema>;
