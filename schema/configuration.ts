import { z } from 'zod';
import { alertChannelSchema } from './alert.ts';
import { buyerSchema, campaignSchema, sellerSchema, sourceSchema } from './campaign.ts';
import { eventListSchema, eventSchema } from './event.ts';
import { ruleBodySchema } from './filters.ts';
import { ruleId } from './ids.ts';
import { integrationSchema } from './integration.ts';

export const ruleSchema = z.strictObject({ id: ruleId, name: z.string().max(200).optional(), logic: ruleBodySchema });
export type Rule = z.infer<typeof ruleSchema>;

/** The whole configuration of a deployment: what `leadwire apply` reads and `leadwire export` writes. */
export const configurationSchema = z.strictObject({
  revision: z
    .int()
    .min(0)
    .optional()
    .describe('Revision this file was exported at; apply then refuses to overwrite what changed since'),
  campaigns: z.array(campaignSchema).optional(),
  sellers: z.array(sellerSchema).optional(),
  sources: z.array(sourceSchema).optional(),
  buyers: z.array(buyerSchema).optional(),
  rules: z.array(ruleSchema).optional(),
  events: z.array(eventSchema).optional().describe('What can happen after a lead: any campaign may use them'),
  eventLists: z.array(eventListSchema).optional(),
  integrations: z.array(integrationSchema).optional(),
  alertChannels: z.array(alertChannelSchema).optional().describe('Where alerts are sent'),
});
export type ConfigurationFile = z.infer<typeof configurationSchema>;

/** The collections of the file, in the order in which they may refer to each other. */
export const COLLECTIONS = [
  ...(['sellers', 'sources', 'buyers', 'rules'] as const),
  ...(['events', 'eventLists', 'alertChannels', 'campaigns', 'integrations'] as const),
] as const;
export type CollectionName = (typeof COLLECTIONS)[number];
