import { z } from 'zod';
import { capSchema, geoSchema, holidaysSchema, pingRateSchema, ruleBodySchema, slotSchema } from './filters.ts';
import { tagSchema } from './auction.ts';
import { healthSchema } from './health.ts';
import { buyerId, campaignId, eventId, integrationId, ruleId } from './ids.ts';
import { authenticationSchema, hostSchema } from './authentication.ts';
import { operationPatchSchema, operationSchema, type Operation } from './mapping.ts';
import { placementSchema } from './listing.ts';
import { payoutSchema, returnsSchema } from './money.ts';
import { buyerPostbackSchema } from './postback.ts';

export const CATEGORIES = ['CRM', 'Dialer', 'Enrichment', 'Compliance', 'Click Network', 'Buyer', 'Custom'] as const;
export type Category = (typeof CATEGORIES)[number];

/** When an integration runs. */
export const MOMENTS = ['before_ping', 'buyer', 'after_outcome', 'on_event', 'listing'] as const;
export type Moment = (typeof MOMENTS)[number];

/** The outcomes an integration can run after: those of leads that were offered to buyers. */
export const FOLLOWED_OUTCOMES = ['sold', 'rejected', 'expired', 'held', 'pending', 'unknown'] as const;

/** The requests an integration can make; each moment needs its own. */
export const OPERATIONS = [
  ...(['ping', 'post', 'status', 'check', 'enrich', 'deliver', 'retain', 'click'] as const),
  ...(['return', 'revoke', 'erase'] as const),
] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** Requests that tell a service what became later of a lead that it has. They have nothing to do with selling one. */
export const NOTICES = ['return', 'revoke', 'erase'] as const satisfies readonly OperationName[];
export type NoticeName = (typeof NOTICES)[number];

const deadline = z.strictObject({
  afterMinutes: z.int().min(1).max(129_600),
  as: z.enum(['accepted', 'rejected']).optional().describe('How it settles then. Default rejected'),
});

const integrationOf = <Shape extends z.ZodType>(operation: Shape) =>
  z.strictObject({
    id: integrationId,
    name: z.string().max(200).optional(),
    campaign: campaignId,
    buyer: buyerId.optional().describe('Whom a lead is sold to; needed when it runs as a buyer'),
    category: z.enum(CATEGORIES),
    when: z
      .enum(MOMENTS)
      .optional()
      .describe(
        'Default by category: Buyer as a buyer, Enrichment and Compliance before the ping, Click Network as a click listing, ' +
          'others after the outcome',
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
    connector: z
      .string()
      .max(200)
      .optional()
      .describe('Id of a connector, or id@version. Default custom: everything is configured here'),
    config: z.record(z.string(), z.json()).optional().describe('Values that mappings see as config.<name>'),
    authentication: authenticationSchema.optional().describe('Default that of the connector, or none'),
    hosts: z
      .array(hostSchema)
      .max(20)
      .optional()
      .describe(
        "Hosts that may be called, and that offers may lead to, beside the connector's: a relay, a mock, a test address",
      ),
    secrets: z
      .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/i))
      .optional()
      .describe('Names of credentials; values are set apart (leadwire secret set) and seen as secrets.<name>'),
    rule: z
      .union([ruleId, ruleBodySchema])
      .optional()
      .describe('JSON-Logic, steps of if and then, or the id of a rule'),
    caps: z.array(capSchema).max(20).optional(),
    schedule: z.array(slotSchema).max(100).optional(),
    health: healthSchema.optional().describe("When it is left out for a while. Default its campaign's"),
    holidays: holidaysSchema.optional().describe('Days on which it is closed: dates, and holidays by name'),
    pingRate: pingRateSchema
      .optional()
      .describe(
        'Pings, checks, enrichments and requests for offers it is sent at most, by all nodes together. Default no limit',
      ),
    geo: geoSchema.optional(),
    priority: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('Waterfall order, and tie-break of equal bids: lower goes first. Default 100'),
    price: z.number().positive().optional().describe('Fixed price of a buyer without a ping'),
    minPrice: z.number().min(0).optional().describe('Floor for its bids. Default 0'),
    weight: z.number().min(0.001).max(1000).optional().describe('Its share where leads are drawn by weight. Default 1'),
    tags: z.array(tagSchema).max(20).optional().describe('What groups of the auction may name it by'),
    ping: operation.optional(),
    post: operation.optional(),
    status: operation.optional().describe('Asks the buyer what became of a post that got no clear answer'),
    check: operation.optional().describe('Compliance: may this lead be sold?'),
    enrich: operation.optional().describe('Enrichment: captured values join the lead'),
    deliver: operation.optional().describe('Delivery after the outcome (CRM, dialer, custom)'),
    retain: operation.optional().describe('After the outcome: has evidence of consent kept'),
    return: operation.optional().describe('As a buyer: is told that a sale was taken back by an operator'),
    revoke: operation.optional().describe('Is told that the person took the consent back'),
    erase: operation.optional().describe("Is told to erase the person's data"),
    click: operation
      .optional()
      .describe('Click listing: asks for offers, each a bid with its address in bid.private.url'),
    placement: placementSchema.optional().describe('Click listing: where its offers are shown'),
    payout: payoutSchema
      .optional()
      .describe('Click listing: what the seller gets of what a click brings. Default nothing'),
    postback: buyerPostbackSchema.optional().describe('How its buyer says later what became of a delivery'),
    returns: returnsSchema
      .optional()
      .describe('When and why a sold lead may be returned. Default whenever, for any reason'),
    idempotent: z
      .boolean()
      .optional()
      .describe('The buyer takes the same Idempotency-Key twice as one lead. Default false'),
    deadlines: z
      .strictObject({ unknown: deadline.optional(), pending: deadline.optional() })
      .optional()
      .describe('When a delivery without a clear answer settles by itself. Default: after 72 hours, as rejected'),
  });

/** As the file holds it: on a connector, an operation may be only what differs from the connector's. */
export const integrationSchema = integrationOf(
  // Typed as a whole operation: whoever runs integrations sees them with their connector's parts filled in.
  z.union([operationSchema, operationPatchSchema]) as unknown as z.ZodType<Operation>,
);
export type Integration = z.infer<typeof integrationSchema>;

/** Of an integration without a connector: everything is there. */
export const customIntegrationSchema = integrationOf(operationSchema);
/** Of an integration on a connector. */
export const connectedIntegrationSchema = integrationOf(operationPatchSchema);
