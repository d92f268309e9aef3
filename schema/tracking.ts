import { z } from 'zod';

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** What a browser sends as `Origin`: scheme, host and port, nothing after that. */
export const originSchema = z
  .string()
  .max(300)
  .refine(isOrigin, 'must be an origin such as https://www.example.com, in lower case and without a path')
  .describe('An origin such as https://www.example.com: scheme, host and port');

export const landingUrlSchema = z
  .string()
  .max(2000)
  .refine(isPage, 'must be an http or https address without a user name')
  .describe('Where clicks are sent on to, with the transaction id and the tracking fields added');

export const EVENT_MOMENTS = ['view', 'click', 'step', 'submit'] as const;
export type EventMoment = (typeof EVENT_MOMENTS)[number];

/** An event that the browser SDK fires by itself. */
export const trackedEventSchema = z.strictObject({
  on: z.enum(EVENT_MOMENTS).describe('A view of the page or element, a click, a form step, a lead that was taken in'),
  event: z.string().min(1).max(100).describe('The event_id to fire'),
  selector: z.string().min(1).max(300).optional().describe('CSS selector of what is viewed or clicked'),
  step: z.string().min(1).max(100).optional().describe('Name or number of the form step. Default every step'),
});
export type TrackedEvent = z.infer<typeof trackedEventSchema>;

/** The form that one script tag puts into a page. */
export const embeddedFormSchema = z.strictObject({
  title: z.string().max(200).optional(),
  steps: z
    .array(
      z.strictObject({
        title: z.string().max(200).optional(),
        fields: z.array(z.string().regex(FIELD_NAME)).min(1).max(100),
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .describe('Fields of each step, in order. Default every field that is not hidden, in one step'),
  consent: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe('Words beside a box that must be ticked; sent as tcpa_consent with its date'),
  submitLabel: z.string().min(1).max(100).optional().describe('Default Submit'),
  thanks: z.string().min(1).max(1000).optional().describe('Shown when there is nowhere to send the consumer'),
});
export type EmbeddedForm = z.infer<typeof embeddedFormSchema>;

export const campaignTrackingSchema = z.strictObject({
  landingUrl: landingUrlSchema.optional(),
  allowedOrigins: z
    .array(originSchema)
    .max(200)
    .optional()
    .describe('Pages that may talk to this campaign. Default none'),
  events: z.array(trackedEventSchema).max(100).optional().describe('Events that the browser SDK fires by itself'),
  form: embeddedFormSchema.optional(),
});
export type CampaignTracking = z.infer<typeof campaignTrackingSchema>;

export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function isPage(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
