import { z } from 'zod';
import { campaignId, eventId } from './ids.ts';
import { conditionSchema, requestSchema } from './mapping.ts';
import { oauthSchema } from './oauth.ts';

const secretName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/i);
const jsonata = (about: string) => z.string().min(1).max(20_000).describe(`${about} (JSONata)`);

/** How a buyer signs its postbacks. */
export const postbackSignatureSchema = z.strictObject({
  secrets: z
    .array(secretName)
    .min(1)
    .max(2)
    .describe('Names of the secrets any of which it may be signed with; two while one is replaced'),
  scheme: z
    .enum(['standard', 'hmac'])
    .optional()
    .describe('standard: Standard Webhooks headers (default). hmac: a header with the HMAC of the raw body'),
  header: z.string().max(100).optional().describe('hmac: name of the header. Default x-signature'),
  algorithm: z.enum(['sha256', 'sha512', 'sha1']).optional().describe('hmac: default sha256'),
});
export type PostbackSignature = z.infer<typeof postbackSignatureSchema>;

/** What a buyer's postback means: tested in this order, first match wins: returned, rejected, pending, accepted. */
export const buyerPostbackSchema = z.strictObject({
  token: secretName
    .optional()
    .describe('Name of the secret in the one address for all deliveries: /api/postback/<integration>.<secret>'),
  signature: postbackSignatureSchema.optional(),
  find: z
    .strictObject({
      transactionId: jsonata('Our transaction id').optional(),
      leadId: jsonata("The buyer's id of the lead, as the answer to the post gave it").optional(),
    })
    .optional()
    .describe('How the one address finds its delivery. Default: transaction_id or lead_id, in query or body'),
  returned: conditionSchema.optional(),
  rejected: conditionSchema.optional(),
  pending: conditionSchema.optional(),
  accepted: conditionSchema.optional(),
  price: jsonata('Final price of an accept; when absent the bid stands').optional(),
  reason: jsonata('Their words').optional(),
  reasonCode: jsonata('Code of the reason for a return').optional(),
  leadId: jsonata("The buyer's id of the lead").optional(),
  answer: z
    .strictObject({
      status: z.int().min(200).max(299).optional().describe('Default 200'),
      contentType: z.string().max(100).optional().describe('Default text/plain'),
      body: z.string().max(2000).describe('The same text for every postback that was understood'),
    })
    .optional()
    .describe('What the buyer is answered. Default a JSON object'),
});
export type BuyerPostback = z.infer<typeof buyerPostbackSchema>;

/** What a source can be told about its leads. */
export const POSTBACK_STATUSES = ['sold', 'rejected', 'held', 'settled', 'returned'] as const;
export type PostbackStatus = (typeof POSTBACK_STATUSES)[number];

/** What every endpoint is told by, whoever it belongs to. */
const endpoint = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower case letters, digits, _ and -')
    .describe('Name of the endpoint, unique where it stands'),
  paused: z.boolean().optional().describe('What happens meanwhile is not told. Default false'),
  secrets: z
    .array(secretName)
    .max(20)
    .optional()
    .describe('Names of credentials; values are set apart (leadwire secret set <owner>) and seen as secrets.<name>'),
  sign: z
    .array(secretName)
    .min(1)
    .max(2)
    .optional()
    .describe('Names of the secrets it is signed with, one signature each; two while one is replaced'),
  order: z
    .literal('per_lead')
    .optional()
    .describe('Events of a lead arrive in the order they happened: one waits while an earlier one is tried again'),
  body: z
    .literal('none')
    .optional()
    .describe('A POST that maps no body has none. Default it carries what happened, as JSON'),
};

/** Platforms whose requests Leadwire knows. */
export const POSTBACK_TEMPLATES = [
  'everflow',
  'tune',
  'voluum',
  'taboola',
  'outbrain',
  'facebook',
  'google_ads',
  'tiktok',
] as const;
export type PostbackTemplate = (typeof POSTBACK_TEMPLATES)[number];

const target = {
  request: requestSchema
    .optional()
    .describe(
      'Like that of an integration; {sub1} in an address is short for {{lead.sub1}}. Without a body, a POST carries the event',
    ),
  template: z.enum(POSTBACK_TEMPLATES).optional().describe('Instead of a request: the one of this platform'),
  settings: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.union([z.string().max(500), z.number(), z.boolean()]))
    .optional()
    .describe('What the template wants to know; a request of its own sees them as config.<name>'),
  oauth: oauthSchema.optional(),
  accepted: conditionSchema.optional().describe('Of an answer with 2xx: whether it was taken. Default it was'),
};
const hasTarget = ({ request, template }: { request?: unknown; template?: unknown }) =>
  (request === undefined) !== (template === undefined);
const TARGET_ISSUE = { message: 'needs a request or a template' };

/** Where a source is told what became of its leads. */
export const sourcePostbackSchema = z
  .strictObject({
    ...endpoint,
    on: z.array(z.enum(POSTBACK_STATUSES)).min(1).optional().describe('What it is told of its leads'),
    events: z
      .union([z.literal('all'), z.array(eventId).min(1).max(200)])
      .optional()
      .describe('Affiliate conversions that it is told of'),
    campaigns: z.array(campaignId).optional().describe('Default all'),
    ...target,
  })
  .refine(hasTarget, TARGET_ISSUE)
  .refine(({ on, events }) => on !== undefined || events !== undefined, { message: 'needs on or events' });
export type SourcePostback = z.infer<typeof sourcePostbackSchema>;

/** Where an event is told, of every campaign or of one. */
export const eventPostbackSchema = z.strictObject({ ...endpoint, ...target }).refine(hasTarget, TARGET_ISSUE);
export type EventPostback = z.infer<typeof eventPostbackSchema>;
