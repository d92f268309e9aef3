import { z } from 'zod';
import { eventId, eventListId } from './ids.ts';
import { eventPostbackSchema } from './postback.ts';

/** What an event asks of whoever fires it. */
export const EVENT_REQUIREMENTS = ['key', 'signature'] as const;
export type EventRequirement = (typeof EVENT_REQUIREMENTS)[number];

const behaviour = {
  name: z.string().min(1).max(200).optional().describe('Name shown to people. Default the id'),
  description: z.string().max(1000).optional(),
  conversion: z.boolean().optional().describe('Counts as a conversion and needs revenue. Default false'),
  affiliateConversion: z
    .boolean()
    .optional()
    .describe('Told to sources: their event postbacks fire on affiliate conversions only. Default false'),
  multiTrigger: z
    .boolean()
    .optional()
    .describe('May fire more than once for the same transaction (isDuplicate). Default false'),
  requires: z
    .enum([...EVENT_REQUIREMENTS, 'nothing'])
    .optional()
    .describe("key: a key of the lead's seller. signature: a signed request of such a key. Default nothing"),
  postbacks: z
    .array(eventPostbackSchema)
    .max(20)
    .optional()
    .describe("Where it is told. A campaign's come on top of those that the event has everywhere"),
};

/** An event that any campaign may use. */
export const eventSchema = z.strictObject({ id: eventId, ...behaviour });
export type EventSettings = z.infer<typeof eventSchema>;

/** Events that campaigns take as one: what changes in the list changes in all of them. */
export const eventListSchema = z.strictObject({
  id: eventListId,
  name: z.string().min(1).max(200).optional(),
  events: z.array(eventId).max(200),
});
export type EventList = z.infer<typeof eventListSchema>;

export const EVENT_FIELD_TYPES = ['text', 'number', 'date'] as const;

/** A value that must or may come with an event. */
export const eventFieldSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be lower case letters, digits and _, starting with a letter')
    .describe('Name of the field in the API, in logs and in postbacks (event.fields.<name>)'),
  type: z.enum(EVENT_FIELD_TYPES),
  required: z.boolean().optional().describe('Default false'),
});
export type EventField = z.infer<typeof eventFieldSchema>;

/** An event as one campaign wants it: what is not said here holds as the organisation has it. */
export const campaignEventSchema = z.strictObject({
  event: eventId,
  ...behaviour,
  fields: z.array(eventFieldSchema).max(100).optional().describe('Values that come with the event'),
});
export type CampaignEvent = z.infer<typeof campaignEventSchema>;
